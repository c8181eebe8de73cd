"""The targets of each type in the page's language, from the types' own files."""

from grader.kinds import TYPES

EMPTY = "RULES = {};"
NO_TYPES = "EVERY_KEY = new Set([]);"


def filled(module: str) -> str:
    """Return the module for the rules with the rule of each type in it whose targets follow from the tokens."""
    rules = "".join(f"  {name}: {each.in_browser},\n" for name, each in TYPES.items() if each.from_tokens)
    every_key = ", ".join(f'"{name}"' for name, each in TYPES.items() if each.every_key)
    filled_in = module.replace(EMPTY, f"RULES = {{\n{rules}}};")
    return filled_in.replace(NO_TYPES, f"EVERY_KEY = new Set([{every_key}]);")
