import Domain

/// Why a model cannot be run.
public struct InferenceError: ReportableError, Equatable {
  /// What kind of trouble it is.
  public enum Kind: Sendable, Equatable {
    /// Our core cannot run this; nothing is said about the model itself.
    case unsupported
    /// The file names something that nobody is known to have: newer than we are, or damaged.
    case unknown
    /// The file contradicts itself.
    case badModel
    /// More tokens than the context holds, or more memory than there is.
    case limit
    /// The model computes infinities or NaN.
    case notFinite
    /// Someone cancelled the work.
    case cancelled
  }

  /// What kind of trouble it is.
  public let kind: Kind
  /// What is wrong, with which file.
  public let problem: String

  /// An error of a kind.
  init(_ kind: Kind, _ problem: String) {
    self.kind = kind
    self.problem = problem
  }

  /// A feature that the core does not have: `unsupported: architecture gemma3`.
  static func unsupported(_ what: String, file: String) -> InferenceError {
    InferenceError(.unsupported, "unsupported: \(what) (\(file))")
  }

  /// What to do about it.
  public var advice: String? {
    switch kind {
    case .unsupported, .unknown: "llama.cpp or another engine may run it"
    case .badModel: "fetch it again, or choose another publisher's file"
    case .limit: "use a shorter text or a smaller context"
    case .notFinite: "the weights are broken; fetch the file again, or choose another quantization"
    case .cancelled: nil
    }
  }

  /// A broken file is bad input, and so is one that may be; everything else is work that failed.
  public var exitCode: ExitCode { kind == .badModel || kind == .unknown ? .badInput : .failed }
}
