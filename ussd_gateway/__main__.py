"""`python -m ussd_gateway` is `ussd-gateway`."""

from ussd_gateway.cli import main

if __name__ == "__main__":
    main()
