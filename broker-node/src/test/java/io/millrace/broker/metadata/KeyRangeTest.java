package io.millrace.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.KeyHash;
import io.millrace.record.KeyRanges;
import io.millrace.testing.Seeds;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class KeyRangeTest {
    @Test
    void divideCoversEveryCoordinateOnceAndAgreesWithTheCodec() {
        for (int count = 1; count <= 300; count++) {
            List<KeyRange> ranges = KeyRange.divide(count);
            KeyRanges even = KeyRanges.even(count);
            assertThat(ranges.stream()
                            .mapToLong(range -> range.high() - range.low())
                            .sum())
                    .isEqualTo(KeyRange.END);
            for (int partition = 0; partition < count; partition++) {
                assertThat(ranges.get(partition).low()).isEqualTo(even.low(partition));
                assertThat(ranges.get(partition).high()).isEqualTo(even.high(partition));
            }
        }
    }

    @Seeds(20)
    void rangesAgreeWithModuloForPowersOfTwo(long seed) {
        Random random = new Random(seed);
        int count = 1 << random.nextInt(9);
        List<KeyRange> ranges = KeyRange.divide(count);
        for (int i = 0; i < 200; i++) {
            int hash = random.nextInt();
            long coordinate = KeyHash.coordinate(hash);
            int owner = IntStream.range(0, count)
                    .filter(partition -> ranges.get(partition).contains(coordinate))
                    .findFirst()
                    .orElseThrow();
            assertThat(owner).isEqualTo(KeyHash.modulo(hash, count));
        }
    }
}
