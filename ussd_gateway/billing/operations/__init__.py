"""What can be done to an account, each as one pure function: (account, arguments, context) -> Decision.

`base` says what these are; `accounts`, `passwords` and `opening` are the operations.  `actions.py` gives
them the names that menus, SMS commands and the API use.
"""
