package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.testing.Seeds;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KeyRangesTest {
    @Seeds(50)
    void agreesWithModuloForEveryPowerOfTwo(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int bits = 0; bits <= 16; bits++) {
            KeyRanges ranges = KeyRanges.even(1 << bits);
            for (int i = 0; i < 200; i++) {
                int hash = random.nextInt();
                assertThat(ranges.partitionOfHash(hash)).isEqualTo(KeyHash.modulo(hash, 1 << bits));
            }
        }
    }

    @Seeds(20)
    void splitsAPartitionAsModuloOfTwiceTheNumberDoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int n = 1 << random.nextInt(10);
        int split = random.nextInt(n);
        int[] lows = new int[n + split + 1];
        Arrays.fill(lows, -1);
        KeyRanges before = KeyRanges.even(n);
        for (int partition = 0; partition < n; partition++) {
            lows[partition] = before.low(partition);
        }
        lows[split + n] = (int) ((before.low(split) + before.high(split)) / 2);
        KeyRanges after = KeyRanges.of(lows);
        for (int i = 0; i < 2000; i++) {
            int hash = random.nextInt();
            int was = KeyHash.modulo(hash, n);
            assertThat(after.partitionOfHash(hash)).isEqualTo(was == split ? KeyHash.modulo(hash, 2 * n) : was);
        }
    }

    @Seeds(50)
    void coversAllCoordinatesOnceForAnyNumber(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int n = 1 + random.nextInt(200);
        KeyRanges ranges = KeyRanges.even(n);
        int[] lows = new int[n];
        long covered = 0;
        for (int partition = 0; partition < n; partition++) {
            lows[partition] = ranges.low(partition);
            long size = ranges.high(partition) - ranges.low(partition);
            assertThat(size).isBetween(KeyHash.COORDINATES / n, KeyHash.COORDINATES / n + 1);
            covered += size;
            assertThat(ranges.partition(ranges.low(partition))).isEqualTo(partition);
            assertThat(ranges.partition((int) (ranges.high(partition) - 1))).isEqualTo(partition);
        }
        assertThat(covered).isEqualTo(KeyHash.COORDINATES);
        int coordinate = random.nextInt() >>> 1;
        assertThat(KeyRanges.of(lows).partition(coordinate)).isEqualTo(ranges.partition(coordinate));
        assertThat(ranges.count()).isEqualTo(n);
        assertThat(ranges.low(n)).isEqualTo(-1);
        assertThat(ranges.high(n)).isEqualTo(-1);
    }

    @Test
    void knowsTheHashesOfKafkasOwnTest() {
        assertThat(KeyHash.murmur2("21".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEqualTo(-973932308);
        assertThat(KeyHash.murmur2("abc".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEqualTo(479470107);
        byte[] padded = "xxabcx".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertThat(KeyHash.murmur2(padded, 2, 3)).isEqualTo(479470107);
    }

    @Test
    void refusesRangesWithGapsAndOverlaps() {
        assertThatThrownBy(() -> KeyRanges.of(new int[] {1, 5})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeyRanges.of(new int[] {0, 5, 5})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeyRanges.of(new int[] {-1})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeyRanges.even(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeyRanges.even(1).partition(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
