"""What can be done to an account, each as one pure function: (account, arguments, context) -> Decision.

`base` says what these are; the other modules are families of operations.  `actions/` gives them the names
that menus, SMS commands, voice menus and the API use.
"""
