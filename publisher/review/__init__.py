"""Review files for guests: one offline HTML file to listen, mark and consent, and the answer to it.

    make         makes a review file of a talk         sound        its audio
    document     the HTML file                         sealed       encryption, passphrases
    records      what is kept of each file made        answers      reads an answer: hostile input
    proposals    an answer as changes of the catalogue, each accepted on its own
    corrections  corrected words of a transcript file, whose times stay

A review file contains no times of the recording: an answer has the times of the file's own audio, and
the record, which never leaves this machine, maps them to the recording. Prints nothing: `cli.review` does.
"""
