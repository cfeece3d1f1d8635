"""Menus by voice: YAML of the same family -> what a caller hears, moved by the keys of the phone.

files       the shape of a voice file (`channel: voice`), and of its JSON Schema, `schema`
compile     -> `model`, by `flow.compile`; `lint` finds what makes no sense
loader      files of a folder -> `VoiceMenus`, found by the number that is called
steps       what goes into the engine and what comes out
engine      position + key, or silence -> a step: speak, hang up, or an action to perform

Spoken texts and keys take the place of screens and answers; DTMF is one key at a time (ITU-T Q.23).
"""
