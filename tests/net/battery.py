"""A battery of the box: a real NUT with a dummy driver, inside the lab. python -m net.battery FOLDER; on, off and lost, a word a line."""

from __future__ import annotations

import sys
from pathlib import Path

from unit.drivers.ups_room import Room

PORT = 3493


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir()
    room = Room(folder, PORT)
    room.begin()
    print("ready", flush=True)
    try:
        for word in sys.stdin:
            if word.strip() == "lost":
                room.kill_driver()
            else:
                room.set("ups.status", {"on": "OL CHRG", "off": "OB DISCHRG"}[word.strip()])
            print("done", flush=True)
    finally:
        room.end()


if __name__ == "__main__":
    main()
