"""Menus: YAML written by the operator's people -> screens on a subscriber's phone.

files       the shape of a menu file (and of its JSON Schema, `schema`)
compile     -> `model`, shorthands unfolded; `lint`, `lint_texts` find what makes no sense
loader      files of a folder -> `Menus`, all or nothing
rulebook    model -> one shared table of transitions
engine      position + answer -> a step: show, finish, or an action to perform
render      screen -> pages that fit a phone (`paging`)
graph       model -> mermaid, dot, JSON
"""
