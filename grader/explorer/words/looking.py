"""The words around looking at heads. `key.one` is the form of `key` for the number 1."""

from grader.base.language import N_

LOOKING = {
    # the head of the page
    "about.decoder": N_(
        "{transformer}: {layers} layers of {heads} heads; a token sees itself and the tokens before it"
    ),
    "about.encoder": N_("{transformer}: {layers} layers of {heads} heads; a token sees all tokens"),
    "language": N_("Language"),
    "link": N_("Link to what is shown"),
    "link.copy": N_("Copy link"),
    "link.copied": N_("Copied. The link opens the page as it is now."),
    "link.select": N_("Copy this address; it opens the page as it is now."),
    # sentences
    "sentences": N_("What the transformer reads"),
    "sentence": N_("Sentence"),
    "contrast": N_("Sentence to compare"),
    "contrast.add": N_("Compare with a second sentence"),
    "contrast.remove": N_("Remove the second sentence"),
    "tokens": N_("Tokens, as the transformer reads them; · is a space"),
    "tokens.count": N_("{number} tokens; · is a space"),
    "tokens.count.one": N_("1 token; · is a space"),
    "tokens.of": N_("{number} of at most {longest} tokens; · is a space"),
    "tokens.special": N_("A token that the tokenizer adds; it stands for no text"),
    "text_empty": N_("There is nothing to read yet: type a sentence."),
    "text_too_long": N_("The text has {number} tokens, and the transformer reads {most} at most: shorten it."),
    # all heads
    "heads": N_("All heads"),
    "heads.how": N_(
        "Each picture is one head on this sentence: a row for each token that looks, a column for each token that it "
        "looks at. Choose a head to see more; the arrow keys move between heads."
    ),
    "layer": N_("Layer {layer}"),
    "layer.failed": N_("Layer {layer} could not be computed: {reason}"),
    "head.off": N_("{head}, switched off"),
    "look": N_("“{query}” looks at “{key}”: {weight}"),
    "aside": N_("Leave out the first position"),
    "aside.how": N_(
        "Many heads rest on the first position when they find nothing. It is left blank here; the other numbers stay "
        "as they are, so that rows no longer add up to 1."
    ),
    "scale": N_("Attention"),
    "scale.contrast": N_("Sentence to compare"),
    "legend.itself": N_("touches the line: the token itself"),
    "legend.left": N_("one cell left of it: the token before"),
    "legend.target": N_("orange: where a head of the chosen kind looks"),
    # the pinned head
    "pinned.title": N_("One head in full"),
    "pinned": N_("Head {head}"),
    "pinned.none": N_(
        "Choose a head on the left or above. You will see its pattern with all tokens, where each token looks, and "
        "who looks at it."
    ),
    "unpin": N_("Back to all heads"),
    "step.previous": N_("The head before"),
    "step.next": N_("The next head"),
    "view": N_("Picture"),
    "view.map": N_("Map"),
    "view.lines": N_("Lines"),
    "strongest": N_("Strongest: {look}"),
    "map": N_("Attention: rows are the tokens that look, columns the tokens that they look at"),
    "map.role": N_("attention map"),
    "map.keys": N_(
        "Point at a row to see where its token looks, at a column to see who looks at its token. A click holds it. "
        "With the keyboard: up and down choose the row, left and right the column, Escape lets go."
    ),
    "lines.queries": N_("Tokens that look"),
    "lines.keys": N_("Tokens that are looked at"),
    "lines.query": N_("“{token}” looks at: {looks}"),
    "lines.key": N_("“{token}” is looked at by: {looks}"),
    "nothing": N_("nothing in particular"),
    "row": N_("“{query}” (token {place}) looks at …"),
    "column": N_("“{key}” (token {place}) is looked at by …"),
    "pair.future": N_("“{query}” cannot see “{key}”, which comes later"),
    "looks.at": N_("Looks at"),
    "looked.by": N_("Looked at by"),
    "distance.itself": N_("the token itself"),
    "distance.left": N_("{number} to the left"),
    "distance.left.one": N_("the token before, 1 to the left"),
    "distance.right": N_("{number} to the right"),
    "distance.right.one": N_("the token after, 1 to the right"),
    "averages": N_("On average on this sentence"),
    "average.itself": N_("the token itself"),
    "average.left": N_("the token before"),
    "average.first": N_("the first position"),
    "table": N_("The strongest looks in words"),
    "table.query": N_("Token that looks"),
    "table.key": N_("Looks most at"),
    "table.weight": N_("Attention"),
    "table.distance": N_("Distance"),
    # heads switched off
    "off": N_("Heads switched off"),
    "off.none": N_("None. Choose a head and switch it off to see whether later heads and the prediction change."),
    "off.switch": N_("Switch off"),
    "off.on": N_("Switch {head} on again"),
    "off.see": N_("Switched off: {heads} ↓"),
    "off.all": N_("Switch all on"),
    "off.how": N_(
        "A head is switched off by setting its output to zero, on this one text. That is a first look. The grader "
        "measures importance on many texts, and replaces the output by others that the head could write."
    ),
    "predictions": N_("The most probable next tokens"),
    "predictions.token": N_("Token"),
    "predictions.all": N_("All heads"),
    "predictions.without": N_("Without those switched off"),
    "predictions.lower": N_("not among the ten best"),
}
