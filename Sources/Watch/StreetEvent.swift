import Catalog
import Domain
import Smoke

/// What happens on the street, for whoever shows it.
public enum StreetEvent: Sendable {
  /// A pass over the hub's listing ended.
  case listed(filter: String, sort: String, models: Int, new: Int, changed: Int)
  /// A repository's files were looked at.
  case described(RepoID, RepoState, reason: String?)
  /// A quantization was chosen for download.
  case chosen(RepoID, quantization: String, bytes: Int64)
  /// A copy that hubwatch had chosen by itself was deleted to make room.
  case evicted(RepoID, quantization: String, bytes: Int64)
  /// Bytes arrived.
  case progress(RepoID, path: RepoPath, done: Int64, total: Int64)
  /// A copy is complete and verified.
  case fetched(RepoID, path: String, bytes: Int64)
  /// A copy did not arrive; it is in this state now.
  case notFetched(RepoID, CopyState, reason: String)
  /// Something that a person should know of.
  case noticed(String)
  /// A smoke test begins.
  case testing(RepoID, quantization: String)
  /// A smoke test ended.
  case tested(RepoID, SmokeReport)
  /// A model is asked what it can do.
  case probing(RepoID, quantization: String, probes: Int)
  /// It has been asked; what is new in its answers.
  case probed(RepoID, ProbeReport, ProbeNews)
  /// The repository of a tool answered; `at` is where it stands when it answered for the first time, and `skipped` how
  /// many of its refs cannot be read.
  case upstream(name: String, news: [UpstreamNews], at: String?, skipped: Int)
  /// The repository of a tool did not answer.
  case upstreamFailed(name: String, reason: String)
}

/// Shows events; called from any thread, in order for one model.
public typealias StreetObserver = @Sendable (StreetEvent) -> Void
