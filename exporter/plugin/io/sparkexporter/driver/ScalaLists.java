package io.sparkexporter.driver;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import scala.collection.Iterable;
import scala.collection.Iterator;

/** Reads lists of Spark's objects, whose types are not the same in Scala 2.12 and 2.13: by reflection. */
final class ScalaLists {
  private final Method method;

  /** Reads the list that this method of the class returns. */
  ScalaLists(Class<?> owner, String name) {
    try {
      method = owner.getMethod(name);
    } catch (NoSuchMethodException changed) {
      throw new IllegalStateException(owner.getName() + " has no " + name, changed);
    }
  }

  /** Returns the list of one object; no list is an empty one. */
  <T> List<T> of(Object object, Class<T> type) {
    List<T> result = new ArrayList<>();
    try {
      Iterable<?> list = (Iterable<?>) method.invoke(object);
      Iterator<?> items = list == null ? null : list.iterator();
      while (items != null && items.hasNext()) {
        result.add(type.cast(items.next()));
      }
    } catch (ReflectiveOperationException failure) {
      throw new IllegalStateException(method + " does not answer", failure);
    }
    return result;
  }
}
