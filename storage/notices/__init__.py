"""Notices: made from events, read with the ring of their member, and handed to the postman when they go by mail."""
