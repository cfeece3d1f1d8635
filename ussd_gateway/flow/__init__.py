"""What every dialogue written in YAML is made of, whether it is shown on a screen or spoken.

conditions  `when:` -- a tiny language of comparisons, compiled at load
inputs      what a subscriber may enter, and the value it becomes
files       the shapes both kinds of file share: targets, branches, choices, inputs, actions
compile     those shapes -> `model`, shorthands unfolded, secrets traced
steps       what a step of either engine may ask for: an action, an SMS
variables   which variables a screen may count on
schema      a file's model -> the JSON Schema for editors
lint        names that lead nowhere, screens nothing leads to; `lint_texts` reads what subscribers would
"""
