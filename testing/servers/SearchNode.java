import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/**
 * One OpenSearch node from its jars, settings as arguments name=value. For Elasticsearch, opensearch.ts
 * writes the other package names in.
 */
public class SearchNode extends Node {
  SearchNode(Environment environment) {
    super(environment, List.of(Netty4Plugin.class), false);
  }

  public static void main(String[] settings) throws Exception {
    Settings.Builder all = Settings.builder();
    for (String line : settings) {
      int at = line.indexOf('=');
      all.put(line.substring(0, at), line.substring(at + 1));
    }
    Node node = new SearchNode(
        InternalSettingsPreparer.prepareEnvironment(all.build(), Map.of(), null, () -> "n1"));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (Exception failure) {
        failure.printStackTrace();
      }
    }));
    node.start();
    Thread.currentThread().join();
  }
}
