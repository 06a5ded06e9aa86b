package io.sparkexporter.conf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Map;
import java.util.function.Consumer;

/** Finds the token where it does not stand in the Spark configuration. It is never shown, not even a wrong one. */
final class Token {
  private static final int MAX_FILE = 4096;

  private Token() {}

  /** Returns an empty text if there is no token, and null, after a warning, if there is one that cannot be used. */
  static String find(Map<Setting, Object> values, Map<String, String> environment, Consumer<String> warnings) {
    String path = (String) values.get(Setting.TOKEN_FILE);
    if (!path.isEmpty()) {
      return fromFile(path, warnings);
    }
    String text = environment.getOrDefault(Settings.TOKEN_VARIABLE, "");
    return text.isEmpty() ? "" : checked(text, Settings.TOKEN_VARIABLE, warnings);
  }

  private static String fromFile(String path, Consumer<String> warnings) {
    byte[] bytes = new byte[MAX_FILE];
    int length = 0;
    try (InputStream file = Files.newInputStream(Paths.get(path))) {
      for (int read = file.read(bytes); read > 0 && length < MAX_FILE; read = file.read(bytes, length, MAX_FILE - length)) {
        length += read;
      }
    } catch (IOException | RuntimeException failure) {
      // Without its text: somebody may have given the token itself for the path.
      String reason = failure.getClass().getSimpleName();
      warnings.accept(Setting.TOKEN_FILE.key() + ": the file cannot be read (" + reason + "); nothing is served");
      return null;
    }
    String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
    return checked(text, "the file in " + Setting.TOKEN_FILE.key(), warnings);
  }

  private static String checked(String text, String where, Consumer<String> warnings) {
    Object token = Setting.TOKEN.parse(text);
    if (token == null) {
      warnings.accept(complaint(where, Setting.TOKEN));
    }
    return (String) token;
  }

  static String complaint(String where, Setting setting) {
    return where + ": expected " + setting.expected() + "; nothing is served";
  }
}
