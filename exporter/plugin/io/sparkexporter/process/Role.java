package io.sparkexporter.process;

import java.util.Locale;

/** What a process of the tree is; what Python starts is Python's. */
enum Role {
  JVM,
  PYTHON,
  OTHER;

  /** The word for it in names of readings. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Judges by the name of the program. */
  static Role of(String program) {
    if (program.startsWith("python") || program.startsWith("pypy")) {
      return PYTHON;
    }
    return program.equals("java") ? JVM : OTHER;
  }
}
