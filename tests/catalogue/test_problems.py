"""Broken catalogues: each with every line that a producer reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalogue.conftest import PEOPLE, SERIES, TALK, Folder

T = 'episodes.toml:{}: episode "a-talk": {}'.format

# What is written below the six lines of [series], and what is said.
IN_SERIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown key": (
        'titel = "x"',
        ("episodes.toml:7: series: titel: there is no such key; did you mean title?",),
    ),
    "key known elsewhere by another name": (
        'image = "x.png"',
        ("episodes.toml:7: series: image: there is no such key; did you mean cover?",),
    ),
    "key of another table": (
        "loudness = -16",
        ("episodes.toml:7: series: loudness: does not belong here; it is a key of [audio]",),
    ),
    "wrong type": (
        'explicit = "no"',
        (
            'episodes.toml:7: series: explicit: must be true or false, without quotes, not the text "no"; '
            "write explicit = false",
        ),
    ),
    "e-mail": (
        'owner = { name = "A", email = "a at b" }',
        (
            'episodes.toml:7: series: owner.email: "a at b" is not an e-mail address; '
            'write "name@example.org"',
        ),
    ),
    "categories": (
        'categories = ["news", "News > politics", "Politics", "Football"]',
        (
            'episodes.toml:7: series: categories: Apple has no category "news"; did you mean "News"?',
            'episodes.toml:7: series: categories: Apple has no subcategory "politics" in "News"; '
            'did you mean "News > Politics"?',
            'episodes.toml:7: series: categories: "Politics" is a subcategory; write "News > Politics"',
            'episodes.toml:7: series: categories: "Football" is a subcategory; write "Sports > Football"',
        ),
    ),
    "topic ids": (
        'topic_ids = { Rights = "A", rights = ["B", "C"], law = "C" }',
        (
            'episodes.toml:7: series: topic_ids.Rights: "Rights": only a-z, 0-9 and single hyphens are allowed; '
            'write "rights"',
            'episodes.toml:7: series: topic_ids: "C" has two ids; keep one',
        ),
    ),
    "licence": (
        'license = "CC BY 4.0"',
        (
            'episodes.toml:7: series: license: "CC BY 4.0" is not a licence known here by its SPDX id; '
            'did you mean "cc-by-4.0"?',
        ),
    ),
    "time zone": (
        'timezone = "Karachi"',
        ('episodes.toml:7: series: timezone: "Karachi" is not a time zone; did you mean "Asia/Karachi"?',),
    ),
    "type": (
        'type = "seriel"',
        (
            'episodes.toml:7: series: type: must be "episodic" or "serial", not the text "seriel"; '
            'did you mean "serial"?',
        ),
    ),
    "hashtag": (
        'hashtags = ["#ok", "South Asia"]',
        (
            'episodes.toml:7: series: hashtags: "South Asia": a hashtag is letters, digits and _ only, '
            'in any script; write "SouthAsia"',
        ),
    ),
    "subscribe": (
        'subscribe = { apple = "podcasts.example.org/x", "My App" = "https://x.org", a = "x y" }',
        (
            'episodes.toml:7: series: subscribe.apple: "podcasts.example.org/x" is not a web address; '
            "did you mean https://podcasts.example.org/x?",
            'episodes.toml:7: series: subscribe.a: "x y" is not a web address; write https://…',
            "episodes.toml:7: series: subscribe.My App: an app's name is a-z, 0-9, - and _, "
            "such as apple or pocket-casts",
        ),
    ),
    "funding": (
        f'funding = [{{ text = "{"x" * 129}", url = "https://x.org" }}]',
        ("episodes.toml:7: series: funding[1].text: has 129 characters; 128 are allowed",),
    ),
    "guid": (
        'guid = "12"',
        (
            "episodes.toml:7: series: guid: is not a UUID; copy <podcast:guid> of that feed, "
            "or delete the key",
        ),
    ),
    "missing cover": (
        'cover = "cover.png"',
        (
            'episodes.toml:7: series: cover: no file "cover.png" in the series folder; '
            "copy it there or correct the path",
        ),
    ),
    "path outside": (
        'cover = "../cover.png"',
        ('episodes.toml:7: series: cover: must not leave the series folder; remove the ".."',),
    ),
    "control character": (
        'copyright = "a\\u0000b"',
        ('episodes.toml:7: series: copyright: contains the control character U+0000 after "a"; delete it',),
    ),
    "several lines": (
        'copyright = "a\\nb"',
        ("episodes.toml:7: series: copyright: must be one line; remove the line breaks and tabs",),
    ),
    "audio": (
        '[audio]\nloudness = -60.0\ntrue_peak = 1\nformats = ["mp3", "wma", "aac"]\nchannels = "dual"\n'
        "bitrate = { mp3 = 100, flac = 3 }\naudio_track = -1\nloudnes = inf",
        (
            "episodes.toml:8: audio: loudness: must be at least -31, not the number -60.0",
            "episodes.toml:9: audio: true_peak: must be at most 0, not the number 1",
            'episodes.toml:10: audio: formats: "wma" is not a supported format; write "mp3", "m4a" or "opus"',
            'episodes.toml:10: audio: formats: "aac" is not a supported format; did you mean "m4a"?',
            'episodes.toml:11: audio: channels: must be "auto", "mono" or "stereo", not the text "dual"',
            "episodes.toml:12: audio: bitrate.mp3: MP3 has no 100 kbit/s; write 96",
            "episodes.toml:12: audio: bitrate.flac: there is no such key; delete it (there are "
            "mp3, m4a, opus)",
            "episodes.toml:13: audio: audio_track: must be at least 0, not the number -1",
            "episodes.toml:14: audio: loudnes: there is no such key; did you mean loudness?",
        ),
    ),
    "formats": (
        "[audio]\nformats = []\nloudness = nan",
        (
            "episodes.toml:8: audio: formats: is empty; write at least one, or delete the key",
            "episodes.toml:9: audio: loudness: must be an ordinary number",
        ),
    ),
    "treatment of the sound": (
        '[audio]\nhigh_pass = 5\ndenoise = "yes"\nmute_with = "noise"',
        (
            "episodes.toml:8: audio: high_pass: must be a number of Hz from 20 to 200 (60 to 80 suits "
            'voices), or "off"',
            'episodes.toml:9: audio: denoise: must be true or false, without quotes, not the text "yes"; '
            "write denoise = true",
            'episodes.toml:10: audio: mute_with: must be "room" or "silence", not the text "noise"',
        ),
    ),
    "high_pass as a switch": (
        "[audio]\nhigh_pass = false",
        (
            "episodes.toml:8: audio: high_pass: must be a number of Hz from 20 to 200 (60 to 80 suits "
            'voices), or "off"',
        ),
    ),
    "format twice": (
        '[audio]\nformats = ["mp3", "mp3"]',
        ('episodes.toml:8: audio: formats: "mp3" occurs twice; write it once',),
    ),
    "feed": (
        '[feed]\nlimit = 0\nvideo = "yes"\nvideos = true',
        (
            "episodes.toml:8: feed: limit: must be at least 1, not the number 0",
            'episodes.toml:9: feed: video: must be true or false, without quotes, not the text "yes"; '
            "write video = true",
            "episodes.toml:10: feed: videos: there is no such key; did you mean video?",
        ),
    ),
    "youtube": (
        '[youtube]\nchannel = "@press"\nplaylist = "x"\nprivacy = "listed"\ncategory = '
        '"News"\ndefault = "on"',
        (
            'episodes.toml:8: youtube: channel: "@press" is not a channel\'s id: "UC" and 22 more; '
            "see youtube.com/account_advanced",
            'episodes.toml:9: youtube: playlist: "x" is not a playlist\'s id; copy what follows "list=": PL…',
            'episodes.toml:10: youtube: privacy: must be "public", "unlisted" or "private", '
            'not the text "listed"; did you mean "unlisted"?',
            'episodes.toml:11: youtube: category: YouTube has no category "News"; it has "Film & Animation", '
            '"Autos & Vehicles", "Music", "Pets & Animals", "Sports", "Travel & Events", "Gaming", '
            '"People & Blogs", "Comedy", "Entertainment", "News & Politics", "Howto & Style", "Education", '
            '"Science & Technology" or "Nonprofits & Activism"',
            'episodes.toml:12: youtube: default: must be "off" or "upload", not the text "on"',
        ),
    ),
    "deliver": (
        '[deliver]\nto = "ftp://talks@host/www"\npurge = "purge \\"all"\ngrace = -1',
        (
            "episodes.toml:8: deliver: to: ftp:// is not supported; write a folder, or sftp://, rsync:// or s3://",
            "episodes.toml:9: deliver: purge: is not a command (No closing quotation); write it as on a command line",
            "episodes.toml:10: deliver: grace: must be at least 0, not the number -1",
        ),
    ),
    "podping with a token": (
        '[deliver]\nto = "/srv/www/talks"\npodping = "https://podping.cloud/?token=1"',
        (
            "episodes.toml:9: deliver: podping: must end before ? or #; the token belongs into the variable "
            "PUBLISHER_PODPING_TOKEN",
        ),
    ),
    "podping without encryption": (
        '[deliver]\nto = "/srv/www/talks"\npodping = "http://podping.cloud/"',
        ("episodes.toml:9: deliver: podping: must begin with https://, because a token is sent there",),
    ),
    "podping as hub": (
        '[deliver]\nto = "/srv/www/talks"\nhub = "https://hub.example.org/"\npodping = "https://hub.example.org/"',
        (
            "episodes.toml:10: deliver: podping: is the address of hub, too; a Podping server is no WebSub hub: "
            "remove one of them",
        ),
    ),
    "former ids": (
        '[people.ann]\nname = "Ann"\nformer_ids = ["ben", "a"]\n[people.ben]\nname = "Ben"\nformer_ids = ["a"]',
        (
            'episodes.toml:9: people.ann: former_ids: "ben" is the id or a former id of [people.ben] too; '
            "remove it from one",
            'episodes.toml:12: people.ben: former_ids: "a" is the id or a former id of [people.ann] too; '
            "remove it from one",
        ),
    ),
    "people": (
        '[people."Ann One"]\ntitel = "x"\n[people.ben]\nname = ""\nlink = '
        '"javascript:alert(1)"\nphoto = "b.jpg"',
        (
            'episodes.toml:7: people.Ann One: "Ann One": only a-z, 0-9 and single hyphens are allowed; '
            'write "ann-one"',
            'episodes.toml:7: people.Ann One: name: is missing; write one, such as name = "Afrasiab Khattak"',
            "episodes.toml:8: people.Ann One: titel: there is no such key; did you mean title?",
            "episodes.toml:10: people.ben: name: is empty; write a text or delete the key",
            'episodes.toml:11: people.ben: link: "javascript:alert(1)" is not a web address; write https://…',
        ),
    ),
    "person's photo": (
        '[people.ben]\nname = "Ben"\nphoto = "episodes/a-talk/recording.wav"',
        (
            'episodes.toml:9: people.ben: photo: "recording.wav" is neither JPEG nor PNG; '
            "save it as one of them",
        ),
    ),
    "person that is no table": (
        '[people]\nann = "Ann One"',
        (
            'episodes.toml:8: people.ann: must be a table, not the text "Ann One"; '
            "write [people.ann] with a name",
        ),
    ),
    "table with a wrong name": (
        "[episodes]\n[sereis]\n[audio.bitrates]",
        (
            "episodes.toml:7: episodes: there is no such table; did you mean [[episode]]?",
            "episodes.toml:8: sereis: there is no such table; did you mean [series]?",
            "episodes.toml:9: audio: bitrates: there is no such key; did you mean bitrate?",
        ),
    ),
    "episode in single brackets": (
        '[episode]\nslug = "x"',
        ("episodes.toml:7: episode: write [[episode]] with two pairs of brackets, once for each talk",),
    ),
    "table in double brackets": (
        "[[audio]]\nloudness = -16",
        ("episodes.toml:7: audio: may occur only once; write [audio] with one pair of brackets",),
    ),
}

# What is written below the five lines of a talk, which begins at line 11, after two people.
IN_TALK: dict[str, tuple[str, tuple[str, ...]]] = {
    "values that can be put right": (
        'guests = "ann-one"\nsummary = 1984\nexplicit = "yes"\nseason = "7"\ntopics = "Peace"',
        (
            T(16, 'guests: must be a list in [ ], not the text "ann-one"; write guests = ["ann-one"]'),
            T(17, 'summary: must be text in quotes, not the number 1984; write summary = "1984"'),
            T(
                18,
                'explicit: must be true or false, without quotes, not the text "yes"; write explicit = true',
            ),
            T(19, 'season: must be a whole number, without quotes, not the text "7"; write season = 7'),
            T(20, 'topics: must be a list in [ ], not the text "Peace"; write topics = ["Peace"]'),
        ),
    ),
    "unknown key": ('descripton = "x"', (T(16, "descripton: there is no such key; did you mean summary?"),)),
    "person not there": (
        'guests = [\n  "ann-one",\n  "ben-tow",\n]',
        (T(18, 'guests: no person "ben-tow" in [people]; did you mean "ben-two"?'),),
    ),
    "person not there at all": (
        'moderator = "zoe"\nsources = [{ person = "Zoe" }]',
        (
            T(16, 'moderator: no person "zoe" in [people]; add [people.zoe] with a name'),
            T(17, 'sources: no person "Zoe" in [people]; add [people.zoe] with a name'),
        ),
    ),
    "people by their names": (
        'guests = ["Ann One", "zoé"]\nmoderator = "Ben-Two"',
        (
            T(16, 'guests: is "Ann One", a name; write the id, "ann-one"'),
            T(16, 'guests: no person "zoé" in [people]; add [people.zoe] with a name'),
            T(17, 'moderator: no person "Ben-Two" in [people]; did you mean "ben-two"?'),
        ),
    ),
    "person twice": (
        'guests = ["ann-one", "ann-one"]\nmoderator = ["ben-two", "ann-one"]',
        (
            T(16, 'guests: "ann-one" occurs twice; write each person once'),
            T(17, 'moderator: "ann-one" occurs in guests too; write each person once'),
        ),
    ),
    "person of a wrong kind": (
        "guests = [3]",
        (T(16, 'guests: must be a person\'s id in quotes, or { person = "id", title = "…" }'),),
    ),
    "language": (
        'language = "urdu"',
        (T(16, 'language: "urdu" is not a language code; write "ur"'),),
    ),
    "number": (
        'season = 0\nnumber = "4"',
        (
            T(16, "season: must be at least 1, not the number 0"),
            T(17, 'number: must be a whole number, without quotes, not the text "4"; write number = 4'),
        ),
    ),
    "video": (
        'video = "talk.mp4"',
        (
            T(
                16,
                'video: is true or false: whether the feed offers it; for the file write recording = "talk.mp4"',
            ),
        ),
    ),
    "video of another kind": (
        'video = "on"',
        (T(16, 'video: must be true or false, without quotes, not the text "on"; write video = true'),),
    ),
    "kind and status": (
        'kind = "ful"\nstatus = "published"',
        (
            T(16, 'kind: must be "full", "trailer" or "bonus", not the text "ful"; did you mean "full"?'),
            T(17, 'status: must be "draft", "ready" or "withdrawn", not the text "published"'),
        ),
    ),
    "link": (
        'links = [\n  { title = "A", url = "javascript:alert(1)" },\n  { title = "B", url = "https://x.org", '
        'kind = "book" },\n  { href = "https://x.org" },\n]',
        (
            T(17, 'links[1].url: "javascript:alert(1)" is not a web address; write https://…'),
            T(18, 'links[2].kind: must be "reading", "coverage" or "source", not the text "book"'),
            T(19, 'links[3].title: is missing; write one, such as title = "The paper"'),
            T(19, 'links[3].url: is missing; write one, such as url = "https://example.org/paper"'),
            T(19, "links[3].href: there is no such key; did you mean url?"),
        ),
    ),
    "password in an address": (
        'links = [{ title = "A", url = "https://me:secret@x.org" }]',
        (T(16, "links[1].url: contains a user name or password, which would be published; remove it"),),
    ),
    "chapters out of order": (
        'chapters = [\n  { at = "1:00", title = "One" },\n  { at = "0:30", title = "Two" },\n'
        '  { at = "0:30", title = "Three" },\n]',
        (
            T(18, 'chapters[2]: "Two" at 0:30 comes after "One" at 1:00; sort them by time'),
            T(19, 'chapters[3]: "Three" at 0:30 starts when "Two" does; give it its own time'),
        ),
    ),
    "chapters outside": (
        'start = "1:00"\nend = "2:00"\nchapters = [\n  { at = 0, title = "One" },\n  { at = '
        '"0:50", title = "Two" },\n'
        '  { at = "2:00", title = "Three" },\n]',
        (
            T(19, 'chapters[1]: "One" at 0:00 is outside the published part (start and end)'),
            T(21, 'chapters[3]: "Three" at 2:00 is outside the published part (start and end)'),
        ),
    ),
    "times": (
        'chapters = [{ at = "12.40.10", title = "" }]\nstart = "1:75"\nend = -1\ncut = [["0:10"]]\n'
        'mute = [["0:20", "0:10"]]',
        (
            T(16, 'chapters[1].at: "12.40.10" is not a time; write "12:40", "1:02:40" or "1:02:40.5"'),
            T(16, "chapters[1].title: is empty; write a text or delete the key"),
            T(17, 'start: "1:75" has more than 59 seconds after the colon'),
            T(18, "end: must be between 0 and 360000 seconds (100 hours)"),
            T(19, 'cut[1]: must be a pair of times: ["21:05", "22:40"]'),
            T(20, "mute[1]: ends at 0:10, not after its start at 0:20"),
        ),
    ),
    "pairs without their own brackets": (
        'cut = ["0:10", "0:20"]',
        (T(16, 'cut: each pair of times needs brackets of its own: [["21:05", "22:40"]]'),),
    ),
    "minutes with a dot": (
        'chapters = [{ at = 0, title = "One" }, { at = "12.40", title = "Two" }]\ncut = [["1.30", 100]]',
        (
            T(16, 'chapters[2].at: "12.40" means seconds; for minutes write "12:40"'),
            T(
                16,
                'chapters[2]: "Two" at 0:12.4 is inside the cut from 0:01.3 to 1:40; it will start at 0:01.3 of the '
                'published talk; write at = "1:40", the end of the cut, or another time',
            ),
            T(17, 'cut[1]: "1.30" means seconds; for minutes write "1:30"'),
        ),
    ),
    "nothing between start and end": (
        'start = "0:50"\nend = "0:20"\nchapters = [{ at = 0, title = "One" }]',
        (T(17, "end: 0:20 is not after the start, 0:50"),),
    ),
    "time without quotes": (
        "start = 00:12:40",
        (T(16, 'start: needs quotes, such as "12:40" for 12 minutes and 40 seconds'),),
    ),
    "end before start": (
        'start = "2:00"\nend = "1:00"',
        (T(17, "end: 1:00 is not after the start, 2:00"),),
    ),
    "cut without effect": (
        'start = "2:00"\ncut = [["1:00", "1:30"]]\nchapters = [{ at = "2:00", title = "One" }]',
        (T(17, "cut[1]: 1:00 to 1:30 is already outside of start and end"),),
    ),
    "chapter cut out": (
        'cut = [["1:00", "2:00"]]\nchapters = [{ at = "1:10", title = "One" }, { at = "1:50", '
        'title = "Two" }]',
        (
            T(17, 'chapters[1]: "One" at 1:10 is cut out and will not be published'),
            T(
                17,
                'chapters[2]: "Two" at 1:50 is inside the cut from 1:00 to 2:00; it will start at 1:00 of the '
                'published talk; write at = "2:00", the end of the cut, or another time',
            ),
        ),
    ),
    "chapters in cuts": (
        'start = "0:10"\nend = "9:00"\ncut = [["3:00", "4:00"], ["1:00", "2:00"], ["1:50", "2:30"]]\n'
        'chapters = [{ at = 0, title = "One" }, { at = "1:00", title = "Two" }, { at = "2:10", title = "Three" }, '
        '{ at = "3:01.5", title = "Four" }, { at = "4:00", title = "Five" }]\naudio = { intro = "cover.jpg" }',
        (
            T(
                19,
                'chapters[3]: "Three" at 2:10 is inside the cut from 1:00 to 2:30; it will start at 0:50 of the '
                'published talk, plus the intro; write at = "2:30", the end of the cut, or another time',
            ),
            T(19, 'chapters[4]: "Four" at 3:01.5 is cut out and will not be published'),
            T(20, 'audio.intro: no file "cover.jpg" in the series folder; copy it there or correct the path'),
        ),
    ),
    "topics": (
        'topics = ["Human rights", "Human rights", "human-rights"]',
        (
            T(16, 'topics: "Human rights" occurs twice; write it once'),
            T(16, 'topics: "human-rights" and "Human rights" (line 16) get the same page; use one spelling'),
        ),
    ),
    "two topics of one address": (
        'topics = ["زن", "ظن"]',
        (
            T(
                16,
                'topics: "ظن" and "زن" (line 16) get the same page; give one an id of its own: '
                '[series] topic_ids = { zan-2 = "ظن" }',
            ),
        ),
    ),
    "two spellings of a topic": (
        'topics = ["حقوق بشری", "حقوق بشري"]',
        (
            T(
                16,
                'topics: "حقوق بشري" and "حقوق بشری" (line 16) get the same page, called as in the newest '
                "talk; use one spelling",
            ),
        ),
    ),
    "consent": (
        'guests = ["ann-one"]\nconsent = { ben-two = { feed = 2020-01-01, radio = 2020-01-01 } }',
        (
            T(17, "consent.ben-two.radio: there is no such key; delete it (there are feed, youtube, pages)"),
            T(17, 'consent.ben-two: "ben-two" does not take part in this talk'),
        ),
    ),
    "correction": (
        'corrections = [{ date = "2020-12-02", text = "x" }]',
        (T(16, "corrections[1].date: write the date without quotes: 2020-12-02"),),
    ),
    "long summary": (
        f'summary = "{"é" * 2001}"',
        (T(16, "summary: has 4002 bytes; directories truncate it after 4000"),),
    ),
    "youtube in words": (
        'youtube = "https://youtu.be/dQw4w9WgXcQ"',
        (T(16, 'youtube: write { id = "dQw4w9WgXcQ" } for a video that exists already'),),
    ),
    "youtube": (
        'youtube = { id = "short", upload = true, privacy = "public", publish_at = "soon", title = "a<b", '
        'tags = ["a,b"] }',
        (
            T(16, 'youtube.id: "short" is not a video\'s id: 11 letters, digits, - and _'),
            T(
                16,
                'youtube.publish_at: "soon" is not a date; write one without quotes, '
                "such as 2020-11-28T18:00:00+01:00",
            ),
            T(16, "youtube.title: contains < or >, which YouTube rejects; remove them"),
            T(16, 'youtube.tags: "a,b" contains a comma; write each tag in its own quotes'),
            T(16, 'youtube: uploads need the channel; write channel = "UC…" in [youtube]'),
        ),
    ),
    "youtube's rules": (
        'youtube = { id = "dQw4w9WgXcQ", upload = true, privacy = "public", publish_at = 2021-01-01, tags = ['
        + ", ".join(f'"tag number {n:03}"' for n in range(30))
        + "] }",
        (
            T(16, 'youtube: uploads need the channel; write channel = "UC…" in [youtube]'),
            T(16, "youtube.upload: a video with an id exists already; delete upload or id"),
            T(
                16,
                'youtube.privacy: publish_at works on private videos only; write privacy = "private" '
                "or delete one of the two",
            ),
            T(16, "youtube.tags: have 509 characters together; YouTube allows 500"),
        ),
    ),
    "audio of one talk": (
        '[episode.audio]\nloudness = "loud"\nintro = "intro.wav"\ntopics = ["x"]',
        (
            T(
                17,
                'audio.loudness: must be a number, without quotes, not the text "loud"; write '
                "loudness = -16.0",
            ),
            T(
                18,
                'audio.intro: no file "intro.wav" in the series folder; copy it there or correct the path',
            ),
            T(
                19,
                "audio.topics: does not belong here; it is a key of [[episode]]; "
                "write it above any [episode.…] of its talk",
            ),
        ),
    ),
    "chapter's picture": (
        'chapters = [{ at = 0, title = "One", image = "x.png" }]',
        (
            T(
                16,
                'chapters[1].image: no file "x.png" in the series folder; copy it there or correct the path',
            ),
        ),
    ),
    "guid twice": (
        'guid = "1"\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\nstatus = "draft"\nguid = "1"',
        (
            'episodes.toml:22: episode "b": guid: "1" is the guid of another talk too (line 16); '
            "apps would show only one of them",
        ),
    ),
    "slug twice": (
        '[[episode]]\nslug = "a-talk"\ntitle = "B"\ndate = 2021-01-02\nstatus = "draft"',
        (T(17, 'slug: "a-talk" is the slug of another talk too (line 12); change one'),),
    ),
    "number twice": (
        'season = 1\nnumber = 3\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\nstatus = "draft"\n'
        "season = 1\nnumber = 3",
        ('episodes.toml:24: episode "b": number: 3 is the number of "A talk" in season 1 too (line 17)',),
    ),
    "topics of one address": (
        'topics = ["Human rights"]\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = '
        '2021-01-02\nstatus = "draft"\n'
        'topics = ["Human Rights"]',
        (
            'episodes.toml:22: episode "b": topics: "Human Rights" and "Human rights" (line 16) get the '
            "same page; use one spelling",
        ),
    ),
    "topic too long for an address": (
        f'topics = ["{"x" * 129}"]',
        (T(16, "topics: has 129 characters; 128 are allowed"),),
    ),
    "video twice": (
        'youtube = { id = "dQw4w9WgXcQ" }\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\n'
        'youtube = { id = "dQw4w9WgXcQ" }',
        (
            'episodes.toml:21: episode "b": youtube.id: "dQw4w9WgXcQ" is the video of another talk too '
            "(line 16); correct one",
        ),
    ),
}

E = "episodes.toml:{}: episode {}".format
# One [[episode]] below [series]; it begins at line 7.
TALKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "nothing in it": (
        "",
        (
            E(7, '1: slug: is missing; write one, such as slug = "pashtuns-under-attack"'),
            E(7, '1: title: is missing; write one, such as title = "Pashtuns under attack?"'),
            E(7, "1: date: is missing; write one, such as date = 2020-11-28T18:00:00+01:00"),
            E(
                7,
                '1: recording: is missing; write recording = "recording.mp4", youtube = { id = "…" } '
                'or status = "draft"',
            ),
        ),
    ),
    "slug": (
        'slug = "Pashtuns under attack?"\ntitle = "x"\ndate = 2021-01-01\nstatus = "draft"',
        (
            E(
                8,
                '1: slug: "Pashtuns under attack?": only a-z, 0-9 and single hyphens are allowed; '
                'write "pashtuns-under-attack"',
            ),
        ),
    ),
    "slug in another script": (
        'slug = "گفتگو"\ntitle = "x"\ndate = 2021-01-01\nstatus = "draft"',
        (E(8, '1: slug: "گفتگو": only a-z, 0-9 and single hyphens are allowed; write "gaftagu"'),),
    ),
    "slug that Windows has for itself": (
        'slug = "con"\ntitle = "x"\ndate = 2021-01-01\nstatus = "draft"',
        (E(8, '1: slug: "con" cannot be a folder\'s name on Windows; add a word to it'),),
    ),
    "date in quotes": (
        'slug = "x"\ntitle = "x"\ndate = "2020-11-28 18:00"\nstatus = "draft"',
        (E(10, '"x": date: write the date without quotes: 2020-11-28 18:00'),),
    ),
    "date that is none": (
        'slug = "x"\ntitle = "x"\ndate = 2020\nstatus = "draft"',
        (
            E(
                10,
                '"x": date: must be a date without quotes, such as 2020-11-28 or 2020-11-28T18:00:00+01:00',
            ),
        ),
    ),
    "recording not there": (
        'slug = "a-talk"\ntitle = "x"\ndate = 2021-01-01\nrecording = "recording.mp4"',
        (
            E(
                11,
                '"a-talk": recording: no file "recording.mp4" in episodes/a-talk/; there is "recording.wav"',
            ),
        ),
    ),
    "recording is a folder": (
        'slug = "a-talk"\ntitle = "x"\ndate = 2021-01-01\nrecording = "episodes"',
        (E(11, '"a-talk": recording: "episodes" is a folder; write the path of a file'),),
    ),
    "recording is an address": (
        'slug = "a-talk"\ntitle = "x"\ndate = 2021-01-01\nrecording = "https://x.org/a.mp4"',
        (
            E(
                11,
                '"a-talk": recording: "https://x.org/a.mp4" is an address; '
                "download the file and write its path",
            ),
        ),
    ),
    "recording elsewhere": (
        'slug = "a-talk"\ntitle = "x"\ndate = 2021-01-01\nrecording = "C:\\\\a.mp4"',
        (E(11, '"a-talk": recording: write / instead of \\ in paths'),),
    ),
    "nothing to upload": (
        'slug = "a-talk"\ntitle = "x"\ndate = 2021-01-01\nyoutube = "upload"',
        (
            E(11, '"a-talk": youtube: there is no recording to upload; write recording = "recording.mp4"'),
            E(11, '"a-talk": youtube: uploads need the channel; write channel = "UC…" in [youtube]'),
        ),
    ),
    "title for YouTube": (
        f'slug = "a-talk"\ntitle = "{"x" * 100}>"\ndate = 2021-01-01\nyoutube = {{ id = "dQw4w9WgXcQ" }}',
        (
            E(
                9,
                '"a-talk": title: has 101 characters; YouTube allows 100: '
                'write a title for it as youtube = { title = "…" }',
            ),
            E(
                9,
                '"a-talk": title: contains < or >, which YouTube rejects: '
                'write a title for it as youtube = { title = "…" }',
            ),
        ),
    ),
    "chapters that YouTube hides": (
        'slug = "a-talk"\ntitle = "x"\ndate = 2021-01-01\nrecording = "recording.wav"\nyoutube = "upload"\n'
        'chapters = [\n  { at = 0, title = "A" },\n  { at = 9, title = "B" },\n]',
        (
            E(12, '"a-talk": youtube: uploads need the channel; write channel = "UC…" in [youtube]'),
            E(13, '"a-talk": chapters: YouTube shows chapters only if there are at least 3; there are 2'),
            E(
                14,
                '"a-talk": chapters[1]: "A" at 0:00 is shorter than 10 s; YouTube would hide all chapters',
            ),
        ),
    ),
    "title with a number": (
        'slug = "a-talk"\ntitle = "Ep. 12: Talk"\ndate = 2021-01-01\nrecording = "recording.wav"',
        (
            E(
                9,
                '"a-talk": title: begins with the number of the talk; directories require it '
                "to be only in number = …",
            ),
        ),
    ),
}

WHOLE: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": (
        "",
        (
            "episodes.toml: series: is missing; write [series] with title, description, language, "
            "link and author",
        ),
    ),
    "series with nothing": (
        "\n[series]\n",
        (
            'episodes.toml:2: series: title: is missing; write one, such as title = "South Asia Press Talk"',
            'episodes.toml:2: series: description: is missing; write one, such as description = "Talks on South Asia."',
            'episodes.toml:2: series: language: is missing; write one, such as language = "en"',
            'episodes.toml:2: series: link: is missing; write one, such as link = "https://talks.example.org/"',
            'episodes.toml:2: series: author: is missing; write one, such as author = "South Asia Press"',
        ),
    ),
    "link and language": (
        SERIES.replace("https://talks.example.org/", "ftp://talks.example.org/?x").replace('"en"', '"en_us"'),
        (
            'episodes.toml:4: series: language: write "en-US", with a hyphen',
            'episodes.toml:5: series: link: "ftp://talks.example.org/?x" is not a web address; '
            "write https://…",
        ),
    ),
    "link with a question": (
        SERIES.replace(".org/", ".org/?x=1"),
        (
            "episodes.toml:5: series: link: must be the plain address of the series; "
            "remove ? or # and what follows",
        ),
    ),
    "hour that is left out": (
        SERIES
        + 'timezone = "Europe/Paris"\n'
        + TALK.replace("2021-01-01", "2021-03-28T02:30:00")
        + TALK.replace("a-talk", "b-talk").replace("2021-01-01", "2021-10-31T02:30:00")
        + 'status = "withdrawn"\n',
        (
            T(
                11,
                "date: this hour does not exist in Europe/Paris: the clocks go forward; "
                "write 2021-03-28T03:30:00+02:00",
            ),
        ),
    ),
    "link without https": (
        SERIES.replace("https", "http"),
        (
            "episodes.toml:5: series: link: podcast apps ask for https; write https://… once the server has it",
        ),
    ),
    "table that is not known": (
        SERIES + "[podcast]\nx = 1",
        (
            "episodes.toml:7: podcast: there is no such table; delete it (there are include, [series], "
            "[audio], [feed], [youtube], [deliver], [transcribe], [people.…], [[episode]], [[live]])",
        ),
    ),
    "include below its place": (
        SERIES + 'include = ["episodes/*/episode.toml"]',
        (
            "episodes.toml:7: series: include: does not belong here; it is a key of the catalogue itself; "
            "write it at the very top, above [series]",
        ),
    ),
    "id with capitals that a talk names": (
        SERIES
        + '[people.Ann]\nname = "Ann"\n'
        + TALK.replace("[[episode]]", '[[episode]]\nguests = ["ann"]'),
        ('episodes.toml:7: people.Ann: "Ann": only a-z, 0-9 and single hyphens are allowed; write "ann"',),
    ),
    "key above its table": (
        'title = "x"\n' + SERIES,
        ("episodes.toml:1: title: there is no such table; put it below [series]",),
    ),
    "include that is no list": (
        'include = "episodes/*.toml"\n' + SERIES,
        (
            "episodes.toml:1: include: must be a list of paths in quotes: include = "
            '["episodes/*/episode.toml"]',
        ),
    ),
    "include of nothing": (
        'include = [\n  "talks/*.toml",\n  "../*.toml",\n]\n' + SERIES,
        (
            'episodes.toml:2: include: "talks/*.toml" matches no file in the series folder',
            'episodes.toml:3: include: must not leave the series folder; remove the ".."',
        ),
    ),
    "UTF-16": (
        SERIES.encode("utf-16"),
        ("episodes.toml: is UTF-16 or not a text file; save it as UTF-8",),
    ),
    "Latin-1": (
        b'[series]\ntitle = "Caf\xe9"\n',
        ("episodes.toml:2: is not UTF-8: byte 0xE9; save the file as UTF-8",),
    ),
    "NUL": (
        b'[series]\ntitle = "a\0b"\n',
        (
            'episodes.toml:2: this is not TOML at "title = "a\N{REPLACEMENT CHARACTER}b"": '
            "contains a control character; delete it",
        ),
    ),
    "no quotes": (
        "[series]\ntitle = Talks\n",
        ('episodes.toml:2: this is not TOML at "title = Talks": text needs quotes: key = "text"',),
    ),
    "curly quotes": (
        "[series]\ntitle = “Talks”\n",
        ('episodes.toml:2: this is not TOML at "title = “Talks”": write straight quotes: "…"',),
    ),
    "colon": (
        '[series]\ntitle: "Talks"\n',
        ('episodes.toml:2: this is not TOML at "title: "Talks"": write = after the key, not :',),
    ),
    "yes": (
        "[series]\nexplicit = No\n",
        ('episodes.toml:2: this is not TOML at "explicit = No": write false, or text in quotes',),
    ),
    "text that does not end": (
        '[series]\ntitle = "Talks\nlink = "x"\n',
        (
            'episodes.toml:2: this is not TOML at "title = "Talks": the text is not closed with "; '
            'for several lines use """',
        ),
    ),
    "key twice": (
        '[series]\ntitle = "a"\ntitle = "b"\n',
        ('episodes.toml:3: this is not TOML at "title = "b"": the key occurs twice; keep one of the two',),
    ),
    "table twice": (
        "[series]\n[audio]\n[series]\n",
        ('episodes.toml:3: this is not TOML at "[series]": the table occurs twice; merge its keys into one',),
    ),
    "backslash": (
        '[series]\ncover = "C:\\Users\\x.png"\n',
        (
            'episodes.toml:2: this is not TOML at "cover = "C:\\Users\\x.png"": '
            "write / instead of \\ in paths, \\\\ for a backslash in text",
        ),
    ),
    "list that does not end": (
        '[series]\nhashtags = ["a"\ntitle = "b"\n',
        (
            'episodes.toml:3: this is not TOML at "title = "b"": the list is not closed; a '
            "comma or ] is missing",
        ),
    ),
    "day that never was": (
        "[series]\nx = 2021-02-30\n",
        (
            'episodes.toml:2: this is not TOML at "x = 2021-02-30": there is no such date; '
            "write one as 2020-11-28T18:00:00+01:00",
        ),
    ),
    "deeply nested list": (
        "x = " + "[" * 100_000,
        ("episodes.toml: is nested far too deeply; a catalogue needs three levels",),
    ),
    "endless number": (
        "x = " + "1" * 10_000,
        ("episodes.toml: contains a number that is far too long",),
    ),
}


@pytest.mark.parametrize("case", IN_SERIES)
def test_problems_of_tables(case: str, folder: Folder) -> None:
    written, expected = IN_SERIES[case]
    assert folder.problems(f"{SERIES}{written}\n") == list(expected)


@pytest.mark.parametrize("case", IN_TALK)
def test_problems_of_talks(case: str, folder: Folder) -> None:
    written, expected = IN_TALK[case]
    assert folder.problems(f"{SERIES}{PEOPLE}{TALK}{written}\n") == list(expected)


@pytest.mark.parametrize("case", TALKS)
def test_problems_of_required_keys(case: str, folder: Folder) -> None:
    written, expected = TALKS[case]
    assert folder.problems(f"{SERIES}[[episode]]\n{written}\n") == list(expected)


@pytest.mark.parametrize("case", WHOLE)
def test_problems_of_whole_files(case: str, folder: Folder) -> None:
    written, expected = WHOLE[case]
    assert folder.problems(written) == list(expected)


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" {}>\n{}</svg>'.format
LOGOS = {
    "script.svg": (
        DRAWING('viewBox="0 0 9 9"', "<script/>"),
        "contains <script> (line 2), which is not allowed",
    ),
    "wide.svg": (DRAWING('viewBox="0 0 40 10"', "<rect/>"), "is 40×10; a logo is square, because browsers"),
    "unsized.svg": (DRAWING("", "<rect/>"), 'has no size; add viewBox="0 0 512 512" to <svg>'),
    "broken.svg": ("<svg", "is not well-formed (line 1); export it again"),
    "text.png": ("a logo", "is neither SVG nor PNG; save it as one of them"),
    "small.png": ((300, 300, "PNG"), "is 300×300 pixels; a logo has at least 512"),
    "wide.png": ((900, 600, "PNG"), "is 900×600; a logo is square, because browsers"),
    "photo.jpg": ((900, 900, "JPEG"), "is neither SVG nor PNG; save it as one of them"),
    "private/logo.png": ((600, 600, "PNG"), "is in private/, which is never published"),
    "good.png": ((600, 520, "PNG"), None),
    "good.svg": (DRAWING('viewBox="0 0 10 9"', "<rect/>"), None),
}


@pytest.mark.parametrize("name", LOGOS)
def test_problems_of_logos(name: str, folder: Folder) -> None:
    content, words = LOGOS[name]
    if isinstance(content, str):
        folder.write(content, name)
    else:
        folder.picture(name, *content)
    problems = folder.problems(f'{SERIES}logo = "{name}"\n')
    expected = None if words is None else f'episodes.toml:7: series: logo: "{Path(name).name}" {words}'
    assert (problems == []) if expected is None else problems[0].startswith(expected)
