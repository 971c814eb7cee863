import Domain
import Foundation

/// What the daemon says: lines of JSON, as many as it likes, the last of which says how it ended.
public struct ControlReply: Sendable, Codable, Equatable {
  /// The version that the daemon speaks.
  public var version: Int
  /// What it says.
  public var body: Body

  /// What a line says.
  public enum Body: Sendable, Codable, Equatable {
    /// It will be done once this has ended; it is kept even if the client goes away.
    case waiting(words: String)
    /// A part of the result, for standard output, without or with a line end.
    case output(text: String, lineEnd: String)
    /// A line that is no result, for standard error.
    case note(text: String)
    /// Something that happened, for a person.
    case happened(Happening)
    /// How far a file is, in bytes.
    case progress(label: String, done: Int64, total: Int64)
    /// Progress that was shown is over.
    case settled
    /// What the daemon does.
    case live(LiveReport)
    /// It is over.
    case ended(ControlEnd)
  }

  /// A line of the version of this program.
  public init(_ body: Body) {
    version = ControlRequest.currentVersion
    self.body = body
  }

  private enum CodingKeys: String, CodingKey { case version, body }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    version = try container.decode(Int.self, forKey: .version)
    guard version == ControlRequest.currentVersion else { throw ControlError.otherVersion(version) }
    body = try container.decode(Body.self, forKey: .body)
  }
}

/// A line about something that happened on the street: `pull  org/name: 3 GB verified`.
public struct Happening: Sendable, Codable, Equatable {
  /// How it looks.
  public enum Tone: String, Sendable, Codable {
    case plain, good, bad, warning
  }
  /// The word before it: `pull`.
  public var word: String
  /// What happened; foreign text in it is not yet made safe.
  public var text: String
  /// How it looks.
  public var tone: Tone

  /// A line.
  public init(_ word: String, _ text: String, _ tone: Tone = .plain) {
    self.word = word
    self.text = text
    self.tone = tone
  }
}

/// How a request ended.
public struct ControlEnd: Sendable, Codable, Equatable, ReportableError {
  /// The exit code that the same command would have had without a daemon.
  public var code: Int32
  /// What went wrong; empty when nothing did, or the output says it.
  public var problem: String
  /// What to do about it.
  public var advice: String?

  /// An end with nothing to complain about.
  public init(_ code: ExitCode) {
    self.code = code.rawValue
    problem = ""
  }

  /// An end by an error.
  public init(_ error: any ReportableError) {
    code = error.exitCode.rawValue
    problem = error.problem
    advice = error.advice
  }

  /// An end for a reason.
  public init(_ code: ExitCode, problem: String, advice: String? = nil) {
    self.code = code.rawValue
    self.problem = problem
    self.advice = advice
  }

  public var exitCode: ExitCode { ExitCode(rawValue: code) ?? .failed }

  private enum CodingKeys: String, CodingKey { case code, problem, advice }
}

/// What the daemon does at this moment.
public struct LiveReport: Sendable, Codable, Equatable {
  /// One of the scheduler's jobs.
  public struct Job: Sendable, Codable, Equatable {
    /// Its name: `poll`.
    public var name: String
    /// Since when it is at work; nil when it is not.
    public var since: Date?
    /// When it begins again; nil when something else has to happen first.
    public var nextAt: Date?
    /// Until when it is left alone after it failed again and again.
    public var quarantinedUntil: Date?
    /// Why it failed the last time, or is left alone.
    public var reason: String?
  }
  /// Something that a person asked for.
  public struct Errand: Sendable, Codable, Equatable {
    /// In words: `pull org/name`.
    public var words: String
    /// Since when it is known.
    public var since: Date
    /// Whether it has begun.
    public var isUnderWay: Bool
  }
  /// A file that is being fetched.
  public struct Transfer: Sendable, Codable, Equatable {
    /// The repository.
    public var id: String
    /// The file.
    public var path: String
    /// Bytes that are there.
    public var done: Int64
    /// All of them.
    public var total: Int64
    /// Bytes a second lately.
    public var bytesPerSecond: Double
  }

  /// Its process.
  public var pid: Int32
  /// When it began.
  public var startedAt: Date
  /// Whether it rests.
  public var isPaused = false
  /// Until when it rests; nil when it does not, or until somebody resumes it.
  public var pausedUntil: Date?
  /// Its jobs.
  public var jobs: [Job] = []
  /// What people have asked for and is not done yet.
  public var errands: [Errand] = []
  /// Files that are being fetched.
  public var transfers: [Transfer] = []

  /// A report to be filled.
  public init(pid: Int32, startedAt: Date) {
    self.pid = pid
    self.startedAt = startedAt
  }
}
