"""What a set of scripts has exercised, of all that could be.

compiled menus, SMS commands -> plan: what can be reached
happenings of the gateway    -> meter: how often it was
plan + meter                 -> table, JSON, the maps of the HTML report
"""
