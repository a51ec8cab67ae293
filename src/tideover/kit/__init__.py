"""Paper and the pocket kit: what the shop holds in its hands when nothing else works. Reads the plan and the copies; decides nothing."""
