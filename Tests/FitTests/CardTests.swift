import Domain
import Foundation
import TestSupport
import Testing

@testable import Fit

@Suite("Cards by name")
struct CardTests {
  @Test(.enabled(if: Shared.has("fit/gpus.csv"), "needs ../shared/fit"))
  func everyCardOfTheDataIsFoundByItsOwnName() throws {
    let text = String(decoding: try Shared.bytes("fit/gpus.csv"), as: UTF8.self)
    var count = 0
    for line in text.split(whereSeparator: \.isNewline).dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let card = try #require(Card.named(fields[0]), "\(fields[0])")
      #expect(card.name == fields[0])
      #expect(card.bandwidth == Double(fields[5]))
      if let memory = Int64(fields[4]) { #expect(card.mebibytes == memory, "\(card.name)") }
      #expect(card.device.free <= card.device.total && card.device.free.bytes > 0)
      count += 1
    }
    #expect(count == 128 && Card.all.count == 128)
  }

  @Test func whatDriversAndContextsTake() throws {
    let card = try #require(Card.named("RTX 3080 12GB"))
    #expect(card.overhead == .mebibytes(300))
    #expect(card.device.total == .mebibytes(12288))
    // 2 % of a consumer's card, 1 % of others.
    #expect(card.device.free.bytes == 12288 << 20 - (12288 << 20) / 50)
    let large = try #require(Card.named("RTX A6000"))
    #expect(large.device.free.bytes == 49140 << 20 - (49140 << 20) / 100)
    #expect(Device.card(gibibytes: 12).free == .gibibytes(12))
    #expect(Card.named("Apple M2 Max")?.device.isUnified == true)
  }

  @Test func severalCardsAreOneDevice() throws {
    for text in ["2x RTX 3090", "2 x 3090", "2x GeForce RTX 3090"] {
      let device = try #require(Device.named(text), "\(text)")
      #expect(device.cards.count == 2 && device.name == "2x GeForce RTX 3090")
      #expect(device.total == .mebibytes(2 * 24576))
    }
    #expect(Device.named("17x RTX 3090") == nil)
    #expect(Device.named("0x RTX 3090") == nil)
    #expect(Device.named("2x ") == nil)
    #expect(Device.named("3090")?.cards.count == 1)
  }

  @Test func anAmbiguousNameIsTheSmallerCard() {
    #expect(Card.named("3080")?.name == "GeForce RTX 3080 10GB")
    #expect(Card.named("4060 Ti")?.name == "GeForce RTX 4060 Ti 8GB")
    #expect(Card.named("RTX 4070")?.name == "GeForce RTX 4070")
  }

  @Test func unknownNamesHaveNeighbours() {
    #expect(Card.suggestions(for: "RTX 4091").contains("GeForce RTX 4090"))
    #expect(Card.suggestions(for: "A600").contains { $0.contains("A6000") })
    #expect(Card.suggestions(for: "").count == 3)
  }

  @Test func aDriversNameAndItsMemoryTellTheCard() {
    #expect(Card.reported("NVIDIA GeForce RTX 3080", mebibytes: 12288)?.name == "GeForce RTX 3080 12GB")
    #expect(Card.reported("NVIDIA GeForce RTX 3080", mebibytes: 10240)?.name == "GeForce RTX 3080 10GB")
    #expect(Card.reported("NVIDIA GeForce RTX 4070", mebibytes: 12282)?.name == "GeForce RTX 4070")
    #expect(Card.reported("NVIDIA RTX A6000", mebibytes: 49140)?.name == "RTX A6000")
    #expect(Card.reported("NVIDIA H200", mebibytes: 8) == nil)
    #expect(Card.reported("", mebibytes: 8192) == nil)
  }

  @Test func hostileNamesAreOnlyNames() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let text = String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
            Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &random))
          }))
      _ = Device.named(text)
      _ = Card.reported(text, mebibytes: .random(in: 0...1 << 40, using: &random))
      #expect(Card.suggestions(for: text).count == 3)
    }
    #expect(Card.named(String(repeating: "rtx ", count: 100_000)) == nil)
  }
}
