import Catalog
import Domain
import Foundation

extension Story {
  /// What is new in the answers of one model.
  public struct Ability: Sendable, Encodable, Equatable {
    /// A probe that no model within so much memory had passed before.
    public struct First: Sendable, Encodable, Equatable {
      /// The probe.
      public var probe: String
      /// The class of memory.
      public var withinBytes: Int64
    }
    /// A probe that it fails and that a model passes from which it came.
    public struct Regression: Sendable, Encodable, Equatable {
      /// The probe.
      public var probe: String
      /// The model that passes it.
      public var base: String
    }

    /// The repository.
    public var id: String
    /// The quantization.
    public var quantization: String
    /// What it is the first to do.
    public var firsts: [First]
    /// What it has lost.
    public var regressions: [Regression]
    /// The words for a person; not part of the JSON form.
    var words: [String]

    private enum CodingKeys: String, CodingKey { case id, quantization, firsts, regressions }

    init(_ news: ProbeNews) {
      id = news.repo
      quantization = news.quantization
      firsts = news.firsts.map { First(probe: $0.name, withinBytes: $0.bytes) }
      regressions = news.regressions.map { Regression(probe: $0.name, base: $0.base) }
      words = AbilityPhrases.words(news)
    }
  }
}

/// The words for what is new in the answers of a model.
public enum AbilityPhrases {
  /// The heading of the digest's section.
  static let title = "What models can do now"
  /// Models that the digest names.
  static let limit = 10
  /// Probes that one line names.
  private static let most = 6

  /// `first model within 12 GiB that passes read a table, sort words` and `fails what ORG/NAME passes: …`.
  public static func words(_ news: ProbeNews) -> [String] {
    var lines: [String] = []
    for bytes in Set(news.firsts.map(\.bytes)).sorted() {
      let names = news.firsts.filter { $0.bytes == bytes }.map(\.name)
      lines.append("first model within \(memory(bytes)) that passes \(list(names))")
    }
    var bases: [String] = []
    for regression in news.regressions where !bases.contains(regression.base) { bases.append(regression.base) }
    for base in bases {
      let names = news.regressions.filter { $0.base == base }.map(\.name)
      lines.append("fails what \(base) passes: \(list(names))")
    }
    return lines
  }

  /// `12 GiB`, `7.99 GiB`.
  private static func memory(_ bytes: Int64) -> String {
    bytes % (1 << 30) == 0 ? "\(bytes >> 30) GiB" : ByteCount(bytes).asMemory
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(most).map { "“\($0)”" }.joined(separator: ", ")
    return names.count > most ? "\(shown) and \(names.count - most) more" : shown
  }
}
