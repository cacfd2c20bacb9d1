"""The demo page: `page.py` serves the files that are beside it."""
