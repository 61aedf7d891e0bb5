"""The private start page: sealed words and files, searched by their owner alone, and what is new around a member."""
