package io.sparkexporter.message;

import io.sparkexporter.conf.Setting;
import io.sparkexporter.conf.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** Makes objects of the classes that users name in a setting. */
public final class Instances {
  private Instances() {}

  /**
   * Makes one of each class; leaves out, with a warning, what cannot be made.
   *
   * @param type what the classes must be
   */
  public static <T> List<T> make(
      Setting setting, Class<T> type, Settings settings, BiConsumer<String, Throwable> warnings) {
    List<T> made = new ArrayList<>();
    for (String name : settings.words(setting)) {
      try {
        made.add(Class.forName(name, true, loader()).asSubclass(type).getConstructor().newInstance());
      } catch (Throwable failure) {
        warnings.accept(name + ", named in " + setting.key() + ", cannot be used", cause(failure));
      }
    }
    return made;
  }

  private static ClassLoader loader() {
    // Spark sets it to the one that knows the jars of the application.
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    return loader == null ? Instances.class.getClassLoader() : loader;
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof java.lang.reflect.InvocationTargetException ? failure.getCause() : failure;
  }
}
