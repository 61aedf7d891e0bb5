"""The licences under which imported content stands, and where their texts are."""

_TEXTS = {
    "CC BY-SA 2.5": "https://creativecommons.org/licenses/by-sa/2.5/",
    "CC BY-SA 3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
}


def licence_url(name: str) -> str:
    """The address of a licence's text; of the newest version where the name is not one that we know."""
    return _TEXTS.get(name, _TEXTS["CC BY-SA 4.0"])
