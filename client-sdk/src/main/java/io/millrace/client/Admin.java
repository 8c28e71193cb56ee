package io.millrace.client;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Topics and the cluster. Thread safe. Each call waits for its answer, at most for the client's request timeout, and throws a {@link MillraceException}. */
@SuppressWarnings("DoNotCallSuggester")
public final class Admin {

    Admin() {}

    public TopicDescription createTopic(NewTopic topic) {
        throw new UnsupportedOperationException();
    }

    /** Checks all and creates nothing; returns what would be created. */
    public TopicDescription validateTopic(NewTopic topic) {
        throw new UnsupportedOperationException();
    }

    /** All topics, by name, without bounds and sizes of their partitions. */
    public List<TopicDescription> listTopics() {
        throw new UnsupportedOperationException();
    }

    /** One topic, with bounds and sizes. */
    public TopicDescription describeTopic(String name) {
        throw new UnsupportedOperationException();
    }

    public void deleteTopic(String name) {
        throw new UnsupportedOperationException();
    }

    /**
     * Changes a topic's settings.
     *
     * @param set keys and their new values
     * @param reset keys that return to their default
     */
    public TopicDescription alterTopicConfig(String name, Map<String, String> set, Collection<String> reset) {
        throw new UnsupportedOperationException();
    }

    public ClusterDescription describeCluster() {
        throw new UnsupportedOperationException();
    }

    /** Looks a place up in each partition. */
    public Map<TopicPartition, FoundOffset> offsets(Collection<TopicPartition> partitions, StartAt place) {
        throw new UnsupportedOperationException();
    }

    /** What a group has committed on all partitions of a topic, in rising order of their number. */
    public List<GroupPosition> positions(String group, String topic) {
        throw new UnsupportedOperationException();
    }
}
