package io.millrace.broker.host;

import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A {@link Formation} as the text of the file {@code cluster}. Pure. */
final class FormationText {
    private static final int FORMAT = 1;

    private FormationText() {}

    static String of(Formation formation) {
        List<String> lines = new ArrayList<>(List.of(
                "format=" + FORMAT,
                "cluster-id=" + formation.clusterId(),
                "data-shards=" + formation.dataShards(),
                "voters=" + formation.voters().size()));
        for (int i = 0; i < formation.voters().size(); i++) {
            Peer voter = formation.voters().get(i);
            lines.add("voter-" + i + "=" + voter.broker() + " " + voter.incarnation() + " " + voter.clusterPort() + " "
                    + voter.raftPort() + " " + voter.payloadPort() + " " + voter.host());
        }
        return CheckedText.of(lines);
    }

    /** Faults: NEWER_FORMAT, DAMAGED_DIRECTORY. */
    static Formation parse(String text, String file) {
        Map<String, String> values = CheckedText.parse(text, FORMAT, file);
        try {
            int count = Integer.parseInt(values.getOrDefault("voters", ""));
            List<Peer> voters = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String[] words = values.getOrDefault("voter-" + i, "").split(" ", 6);
                if (words.length != 6) {
                    throw CheckedText.damaged(file);
                }
                voters.add(new Peer(
                        Integer.parseInt(words[0]),
                        Integer.parseInt(words[1]),
                        words[5],
                        Integer.parseInt(words[2]),
                        Integer.parseInt(words[3]),
                        Integer.parseInt(words[4])));
            }
            return new Formation(
                    UUID.fromString(values.getOrDefault("cluster-id", "")),
                    Integer.parseInt(values.getOrDefault("data-shards", "")),
                    voters);
        } catch (IllegalArgumentException e) {
            throw CheckedText.damaged(file);
        }
    }
}
