"""What the files of one load come to: every code, number and key path with its operation and screen sizes.

extremes   a subscriber whose every name, sum and list is as long as the catalogue can make it
screens    a screen -> what it shows at its longest, in each language
codes      all of it as a page: `python -m ussd_gateway.reference.codes > docs/codes.md`
"""
