"""What a release makes: `MAKERS` and `RENDERERS`, in order."""
