import Domain
import Foundation
import Testing

@testable import Fit

/// Machines made of files: a folder for `/sys`, a library that plays NVIDIA's, a script that plays its program.
@Suite("Detection of cards")
struct DetectionTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-detection-\(UUID().uuidString)")

  private func write(_ path: String, _ text: String) throws {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func detection(
    library: String = "/nowhere/libnvidia-ml.so.1", program: String = "/nowhere/nvidia-smi", visible: String? = nil,
    patience: Duration = .seconds(10)
  ) -> DeviceDetection {
    DeviceDetection(
      graphics: folder.appending(path: "drm").path, library: library, program: program,
      memory: folder.appending(path: "meminfo").path, visible: visible, patience: patience)
  }

  // MARK: A library that plays NVIDIA's

  private static let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Compiles a library with two cards.
  private func library(_ defines: String...) throws -> String {
    try write(
      "nvml.c",
      """
      #include <stdint.h>
      #include <string.h>
      #include <unistd.h>
      typedef struct { unsigned version; uint64_t total, reserved, free, used; } Memory2;
      typedef struct { uint64_t total, free, used; } Memory;
      static const char *names[] = {"NVIDIA GeForce RTX 3080", "NVIDIA RTX A6000"};
      static const uint64_t sizes[] = {12288ull << 20, 49140ull << 20};
      static int index_of(void *device) { return (int)(intptr_t)device - 1; }
      int nvmlInit_v2(void) {
      #ifdef BROKEN
        return 9;
      #endif
      #ifdef HANGS
        sleep(30);
      #endif
        return 0;
      }
      int nvmlShutdown(void) { return 0; }
      int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
      int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
        *device = (void *)(intptr_t)(index + 1); return 0;
      }
      int nvmlDeviceGetName(void *device, char *text, unsigned length) {
        strncpy(text, names[index_of(device)], length); return 0;
      }
      int nvmlDeviceGetUUID(void *device, char *text, unsigned length) {
        strncpy(text, index_of(device) ? "GPU-bbbb" : "GPU-aaaa", length); return 0;
      }
      #ifndef OLD
      int nvmlDeviceGetMemoryInfo_v2(void *device, Memory2 *memory) {
        if (memory->version != (sizeof(Memory2) | 2u << 24)) return 25;
        memory->total = sizes[index_of(device)]; memory->free = memory->total / 2; return 0;
      }
      #endif
      int nvmlDeviceGetMemoryInfo(void *device, Memory *memory) {
        memory->total = sizes[index_of(device)]; memory->free = memory->total / 4; return 0;
      }
      """)
    let path = folder.appending(path: "libnvidia-ml\(defines.joined()).so").path
    let process = Process()
    process.executableURL = URL(filePath: try #require(Self.compiler))
    process.arguments =
      ["-shared", "-fPIC", "-o", path] + defines.map { "-D\($0)" } + [folder.appending(path: "nvml.c").path]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return path
  }

  @Test(.enabled(if: compiler != nil, "needs a C compiler"))
  func twoCardsOfNvidia() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try library()
    let found = try #require(await detection(library: path).run().cards)
    #expect(found.name == "2 cards" && found.source == .detected)
    #expect(found.cards.map(\.name) == ["NVIDIA GeForce RTX 3080", "NVIDIA RTX A6000"])
    #expect(found.cards.map(\.free.bytes) == [6144 << 20, 24570 << 20])
    #expect(found.cards.map(\.bandwidth) == [912.4, 768])
    #expect(found.cards[0].overhead == .mebibytes(300))
    #expect(await detection(library: path, visible: "1").run().cards?.name == "NVIDIA RTX A6000")
    #expect(await detection(library: path, visible: "GPU-b,0").run().cards?.cards.count == 2)
    #expect(await detection(library: path, visible: "0,-1,1").run().cards?.name == "NVIDIA GeForce RTX 3080")
    #expect(await detection(library: path, visible: "").run().cards == nil)
  }

  @Test(.enabled(if: compiler != nil, "needs a C compiler"))
  func anOldDriverHasOnlyTheFirstVersion() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let found = try #require(await detection(library: try library("OLD")).run().cards)
    #expect(found.cards.map(\.free.bytes) == [3072 << 20, 12285 << 20])
  }

  @Test(.enabled(if: compiler != nil, "needs a C compiler"))
  func aDriverInTroubleIsTold() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let broken = await detection(library: try library("BROKEN")).run()
    #expect(broken.cards == nil)
    #expect(broken.notes.first?.contains("error 9") == true)
    let hanging = await detection(library: try library("HANGS"), patience: .milliseconds(200)).run()
    #expect(hanging.notes.first?.contains("no answer within") == true)
  }

  @Test func theProgramIsAskedWhenThereIsNoLibrary() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let program = folder.appending(path: "nvidia-smi").path
    // Written by a child: a file that this process has open for writing may not be run by others that it starts.
    let writer = Process()
    writer.executableURL = URL(filePath: "/bin/sh")
    writer.arguments = [
      "-c",
      """
      printf '%s\\n' '#!/bin/sh' "echo 'NVIDIA GeForce RTX 3090, GPU-x, 24576, 20000'" "echo 'odd line'" > "$1"
      chmod +x "$1"
      """, "sh", program,
    ]
    try writer.run()
    writer.waitUntilExit()
    let found = try #require(await detection(program: program, patience: .seconds(300)).run().cards)
    #expect(found.name == "NVIDIA GeForce RTX 3090" && found.free == .mebibytes(20000))
    #expect(found.cards[0].overhead == .mebibytes(3 * 82 + 90))
  }

  // MARK: The kernel

  @Test func cardsOfAMDAndIntel() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("drm/card1/device/vendor", "0x1002\n")
    try write("drm/card1/device/device", "0x744c\n")
    try write("drm/card1/device/mem_info_vram_total", "\(24560 << 20)\n")
    try write("drm/card1/device/mem_info_vram_used", "\(1000 << 20)\n")
    try write("drm/card1-DP-1/device/vendor", "0x1002\n")
    var found = try #require(await detection().run().cards)
    #expect(found.name == "Radeon RX 7900 XTX" && found.cards[0].bandwidth == 960)
    #expect(found.free == .mebibytes(23560))
    try write("drm/card2/device/vendor", "0x8086\n")
    try write("drm/card2/device/device", "0xe20b\n")
    found = try #require(await detection().run().cards)
    #expect(found.cards.map(\.name) == ["Radeon RX 7900 XTX", "Arc B580"])
  }

  @Test func aProcessorsOwnCardCountsOnlyAlone() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("drm/card0/device/vendor", "0x1002")
    try write("drm/card0/device/device", "0x1586")
    try write("drm/card0/device/mem_info_vram_total", "\(512 << 20)")
    try write("drm/card0/device/mem_info_gtt_total", "\(96 << 30)")
    let alone = try #require(await detection().run().cards)
    #expect(alone.isUnified && alone.total.bytes == 96 << 30 + 512 << 20)
    try write("drm/card1/device/vendor", "0x1002")
    try write("drm/card1/device/device", "0x73bf")
    try write("drm/card1/device/mem_info_vram_total", "\(16368 << 20)")
    let both = try #require(await detection().run().cards)
    #expect(both.cards.count == 1 && !both.isUnified)
  }

  @Test func rubbishInTheKernelsFilesIsTold() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("drm/card0/device/vendor", "0x1002")
    try write("drm/card0/device/mem_info_vram_total", "-99999999999999999999")
    try write("drm/card1/device/vendor", "rubbish")
    try write("drm/card2/device/vendor", "0x1002")
    try write("drm/card2/device/mem_info_vram_total", "\(Int64.max)")
    let finding = await detection().run()
    #expect(finding.cards == nil && finding.notes.count == 2)
    try write("meminfo", "MemTotal: 1000 kB\nMemAvailable: 5000 kB\n")
    #expect(detection().mainMemory() == nil)
    try write("meminfo", "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable: 8000000 kB\n")
    #expect(detection().mainMemory()?.free.bytes == 8_000_000 << 10)
  }

  @Test func namesAreFitForTables() {
    #expect(DetectedCard.plain("\u{1B}[31mRTX|evil\n") == "[31mRTXevil")
    #expect(DetectedCard.plain("\u{200B}") == "graphics card")
  }
}
