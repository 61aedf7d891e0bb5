"""Search: an index of words and keys, and what a viewer finds in it.

The keys of a thing are terms of its document, so the viewer's ring is part of the question itself; and a document
counts only while it is what its source is now, so that narrowing, editing and deleting hold from the next request on.
"""
