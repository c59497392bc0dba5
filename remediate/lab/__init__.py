"""A simulated fleet of Domino servers with ScanMail behind real SSH, for the demo and the tests.

Names and texts that no public source gives say LAB, so that nobody takes them for the vendor's.
"""

from remediate.lab.fleet import LabFleet, ServerStatus, lab_down, lab_status, lab_up

__all__ = ["LabFleet", "ServerStatus", "lab_down", "lab_status", "lab_up"]
