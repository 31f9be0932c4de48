import sys

from harness import runner

sys.exit(runner.main())
