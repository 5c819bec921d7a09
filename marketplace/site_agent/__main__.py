import sys

from marketplace.site_agent.cli import main

sys.exit(main())
