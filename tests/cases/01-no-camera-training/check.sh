#!/bin/sh
# Inspected with the warning and no camera columns, trained with and without --allow-leakage.
. "$(dirname "$0")/../said.sh"
said 'side +crops +people +train +12 +3 +query +1 +1 +gallery +3 +1'
said "Warning: No crop says its camera, so hits of the query's own camera count as found\."
unsaid 'seen by one camera only'
unsaid 'camera +Warning'
unsaid 'People to train on whom both cameras see'
said 'rc=0 .*Finished\. Use it with --model g-quick\. rc=0'
said 'with --allow-leakage rc=0'
finish
