"""A live session becomes a script: what a phone did and saw, written down so that it can be replayed.

    events of a gateway --from_events--+
                                       +-> notes --values--> texts with places --steps--> page (YAML)
    a phone of our own --from_phone----+                 account --setup-------------------^

Everything here but `live` and `from_phone` is a pure transformation; `recorder.Recorder` holds it together.
The same notes always become the same script, but for the moment in its first line.
"""
