package io.sparkexporter.hop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** The file that tells Python processes of this user where their JVM listens, and by which secret it knows them. */
final class HopFile {
  static final String NAME = "hop";
  /** A process makes this file to have the port opened. */
  static final String WISH = "hop.wanted";
  /** Stands for the port until somebody wants it. */
  static final int CLOSED = 0;
  private static final FileAttribute<?> OWN =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private HopFile() {}

  /** Writes it; nobody ever sees a part of it. */
  static void write(Path directory, int port, String secret) throws IOException {
    Path unfinished = directory.resolve(NAME + ".new");
    Files.deleteIfExists(unfinished);
    Files.createFile(unfinished, OWN);
    Files.write(unfinished, (port + " " + secret + "\n").getBytes(StandardCharsets.US_ASCII));
    Files.move(unfinished, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
  }

  static boolean isWanted(Path directory) {
    return Files.exists(directory.resolve(WISH));
  }

  static void removeWish(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(WISH));
  }

  static void remove(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      // Whoever removed the directory removed the files.
      return;
    }
    Files.deleteIfExists(directory.resolve(NAME));
    removeWish(directory);
  }
}
