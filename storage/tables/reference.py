"""Words of classifications (occupations, industries) that forms suggest."""

from sqlalchemy import Column, Text
from sqlmodel import Field

from storage.tables.base import Row, text


class ReferenceTerm(Row, table=True):
    """One term of a vocabulary, such as an occupation of ISCO-08."""

    __tablename__ = "reference_terms"
    vocabulary: str = Field(sa_column=Column(Text, primary_key=True))
    code: str = Field(sa_column=Column(Text, primary_key=True))
    label: str = text()
