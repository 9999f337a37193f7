"""What turns words into documents: Markdown made safe, languages, templates."""
