"""Bringing another forum in: a Stack Exchange dump becomes a SIG with its threads, replies, comments, tags and authors.

Read twice, row by row. The first reading checks and counts everything, so that a broken archive changes nothing; the
second one writes in batches that a killed import resumes behind. Until the last step, which numbers, counts and opens
all at once, nothing of it can be seen. Authors are nobody's accounts, and every post keeps source, author and licence.
"""

from storage.importing.archive import BrokenArchive
from storage.importing.command import ImportReport, import_site
from storage.importing.site import AnotherImport, SigTaken

__all__ = ["AnotherImport", "BrokenArchive", "ImportReport", "SigTaken", "import_site"]
