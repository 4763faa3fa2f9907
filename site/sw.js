const VERSION = "0"; const FILES = [];
