package io.sparkexporter.conf;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Prints {@code docs/configuration.md} from the table of settings. */
public final class ConfigurationPage {
  private ConfigurationPage() {}

  /** Prints the page to standard output. */
  public static void main(String[] arguments) throws java.io.UnsupportedEncodingException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8.name());
    out.print(page());
  }

  static String page() {
    StringBuilder page = new StringBuilder();
    page.append("# Configuration of the plugin\n\n");
    page.append("<!-- Generated from the settings in exporter/plugin. Do not edit. -->\n\n");
    page.append("All settings are Spark configuration: `--conf spark.exporter.interval=5s`.\n");
    page.append("Times are written as Spark writes them: `500ms`, `2s`, `1m`.\n");
    page.append("Sizes are written as Spark writes them: `65536`, `512k`, `1m`.\n");
    page.append("A bad value is named in one warning of the driver, and the default is used.\n");
    page.append("An unknown `spark.exporter.*` key is named in one warning.\n\n");
    page.append("| Key | Type | Default | Expected | Meaning |\n|---|---|---|---|---|\n");
    for (Setting setting : Setting.values()) {
      if (!setting.isWritten()) {
        String shown = setting.defaultText().isEmpty() ? "none" : "`" + setting.defaultText() + "`";
        row(page, setting.key(), setting.typeName(), shown, setting.expected(), setting.description());
      }
    }
    page.append("\nThe plugin writes these keys for others to read:\n\n| Key | Meaning |\n|---|---|\n");
    for (Setting setting : Setting.values()) {
      if (setting.isWritten()) {
        row(page, setting.key(), setting.description());
      }
    }
    return page.toString();
  }

  private static void row(StringBuilder page, String key, String... cells) {
    page.append("| `").append(key).append("` |");
    for (String cell : cells) {
      page.append(' ').append(cell).append(" |");
    }
    page.append('\n');
  }
}
