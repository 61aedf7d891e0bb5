"""Text to measure with: about 400 characters a post, of ordinary words in no order, so that it compresses like talk."""

from random import Random

BODIES = 400
CHARACTERS = 400

_TEXT = """
a about after again against all almost already also always am among an and another answer any anyone are around as ask
at audit away back bank be because been before began behind below best better between board book both bring budget but
buy by call came can case cash change chart check choose client close come cost could count course customer daily data
date day deal decide delay did different do does done down draft each early easy either end enough even ever every
example expect fact few figure file find first five floor follow for four from full gave get give go goal gone good had
half hand happen hard has have he hear held help her here him his hold hour how however idea if important in instead
into invoice is it item its job join just keep kind knew know large last late later lead learn least leave left less let
letter level like line list little long look lose lot lower made make manager many margin may me mean measure meet
meeting might mind minute missing money month more morning most move much must my name near need never new next night
no nobody none not note nothing now number of off offer office often old on once one only open or order other our out
over own page part pay people per person phone piece place plan plant play please point possible present price print
problem process product project promise put quality question quick quite rate rather read ready real reason record rest
result return right risk room rule run said same saw say schedule second see sell send sent set several she shift short
should show side sign simple since sit six size slow small so some someone something soon sort staff stage stand start
still stock stop store such supplier sure table take talk team tell ten than that the their them then there these they
thing think third this those though thought three through time to today together told too took tool total toward tried
true try turn two type under unit until up us use usual value very visit wait walk want was watch way we week well went
were what when where whether which while who whole why will with within without word work would write wrong year yes
yet you young your
"""
_WORDS = _TEXT.split()


def write_bodies() -> list[str]:
    """The posts' texts, the same ones every time."""
    chance = Random(400)  # noqa: S311 -- chance that must be the same every time
    return [_body(chance) for _ in range(BODIES)]


def _body(chance: Random) -> str:
    sentences: list[str] = []
    while sum(len(sentence) + 1 for sentence in sentences) < CHARACTERS - 30:
        words = [chance.choice(_WORDS) for _ in range(chance.randint(6, 14))]
        words[chance.randrange(len(words))] = f"*{chance.choice(_WORDS)}*"
        sentences.append(" ".join(words).capitalize() + ".")
    middle = len(sentences) // 2
    return " ".join(sentences[:middle]) + "\n\n" + " ".join(sentences[middle:])
