import Domain
import Foundation

/// What a copy made of one probe.
public struct ProbeRecord: Sendable, Equatable {
  /// When it was asked.
  public var at: Date
  /// What came of it.
  public var result: ProbeResult
}

/// What is new in the results of a model.
public struct ProbeNews: Sendable, Equatable {
  /// A probe that no model within so much memory had passed before.
  public struct First: Sendable, Equatable {
    /// The probe.
    public var name: String
    /// The smallest class of memory in which it is the first.
    public var bytes: Int64

    /// A first.
    public init(name: String, bytes: Int64) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// A probe that is failed, and that a model passes from which this one came.
  public struct Regression: Sendable, Equatable {
    /// The probe.
    public var name: String
    /// The model that passes it.
    public var base: String

    /// A regression.
    public init(name: String, base: String) {
      self.name = name
      self.base = base
    }
  }

  /// The repository.
  public var repo: String
  /// The quantization.
  public var quantization: String
  /// What it is the first to do.
  public var firsts: [First] = []
  /// What it has lost.
  public var regressions: [Regression] = []

  /// Nothing new.
  public init(repo: String, quantization: String) {
    self.repo = repo
    self.quantization = quantization
  }

  /// Whether there is nothing to tell.
  public var isEmpty: Bool { firsts.isEmpty && regressions.isEmpty }
}

/// How well memory was foreseen: the estimates of the core against the peaks of the processes that ran.
public struct EstimateAccuracy: Sendable, Equatable, Encodable {
  /// Tests that have both numbers.
  public var loads: Int
  /// Mean of |peak − estimate| / estimate.
  public var meanError: Double
  /// The largest of them.
  public var worstError: Double
}
