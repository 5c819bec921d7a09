import sys

from marketplace.activation.agent.cli import main

sys.exit(main())
