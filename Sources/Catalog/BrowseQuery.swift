import Domain
import Foundation

/// Which repositories a person looks through, in which order, and where a page of them begins.
public struct BrowseQuery: Sendable, Hashable {
  /// The order, the greatest first.
  public enum Order: String, Sendable, CaseIterable {
    /// The score of its family; with words to look for, how well they match.
    case rank
    case created
    case modified
    case downloads
    case likes
    case trending
    case parameters
    /// By id, from A to Z.
    case name
  }

  /// Words of ids, tags and cards, all of which have to be there; empty for any.
  public var words = ""
  /// Only these states; empty for all but what the rules leave out.
  public var states: [RepoState] = []
  /// Only repositories of this user or organisation.
  public var owner: String?
  /// Only this architecture.
  public var architecture: String?
  /// Only this licence, in the hub's words.
  public var licence: String?
  /// Only gated ones, or only open ones.
  public var gated: Bool?
  /// Only repositories with at least so many parameters.
  public var minParameters: Int64?
  /// Only repositories with fewer parameters than this.
  public var belowParameters: Int64?
  /// Only repositories with a quantization that needs at most so many bytes at the configured context.
  public var neededBytes: Int64?
  /// Only repositories of which a copy got this verdict in its last test.
  public var verdict: SmokeVerdict?
  /// The order.
  public var order = Order.rank
  /// How many it finds on all pages, where that is known: it says how to find them.
  public var known: Int?
  /// The number of the repository after which the page begins; nil for the first page.
  public var after: Int64?
  /// At most so many.
  public var limit = 50

  /// Everything that the rules let in, the best families first.
  public init() {}

  /// Of more words' hits only the newest are looked at.
  var mostHits = 5000
  /// By rank, so many repositories are sorted; of more, the best families are walked through until the page is full.
  var crowd = 20_000
}

/// A page of repositories.
public struct BrowsePage: Sendable, Equatable {
  /// Its lines.
  public var rows: [BrowseRow] = []
  /// Whether another page follows, which begins after the last line's repository.
  public var hasMore = false

  /// An empty page.
  public init() {}
}

/// A repository in a list.
public struct BrowseRow: Sendable, Equatable {
  /// The repository, without its shape.
  public var repo: RepoRecord
  /// The quantization that one would take on the configured device; nil where nothing was judged.
  public var best: Offer?
  /// Where its newest copy is in its life.
  public var copy: CopyState?
  /// What the last test of that copy said.
  public var verdict: SmokeVerdict?

  /// A judged quantization.
  public struct Offer: Sendable, Equatable {
    /// Its name.
    public var quantization: String
    /// Its need with the margin.
    public var bytes: Int64
    /// How it fits.
    public var verdict: FitVerdict
  }
}
