"""A keyring that lives as long as a test."""

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class Ring(KeyringBackend):
    """A keyring in memory, for computers that have one."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.is_locked = False

    def get_password(self, service, username):
        if self.is_locked:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.is_locked:
            raise KeyringLocked
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.is_locked:
            raise KeyringLocked
        if (service, username) not in self.kept:
            raise PasswordDeleteError("there is none")
        del self.kept[service, username]
