"""Session scripts written by walking a menu: together they take every way through it that can be taken.

situations (an account made ready, answers to give)
    x compiled menu -> search: paths, breadth first, played against a gateway that is thrown away
    -> cover: few of them, put into few scripts, played again
    -> writer: the scripts, expecting what was seen
"""
