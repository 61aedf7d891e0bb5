"""Members as stored: people in bylines, entries with their keys and history, pages, forms, lists and connections."""
