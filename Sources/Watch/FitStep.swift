import Catalog
import Domain
import Fit

/// Judges what repositories offer against the configured device, and stores the verdicts for the digest.
struct FitStep {
  let catalog: Catalog
  let device: Device
  let request: FitRequest

  /// Judges one repository.
  ///
  /// - Throws: `CatalogError`.
  func judge(_ repo: RepoRecord) throws(CatalogError) {
    guard let shape = repo.shape else { return }
    let fits = try catalog.weights(of: repo.id).map { weights in
      let estimate = MemoryArithmetic(shape: shape, layout: weights.layout, device: device).estimate(request)
      return FitRecord(
        repo: repo.id, path: weights.path, device: "\(device.name), context \(request.context)",
        context: request.context, total: estimate.total, margin: estimate.margin, verdict: estimate.verdict,
        maxContext: estimate.maxContext)
    }
    try catalog.setFits(fits, of: repo.id)
  }

  private func judgeUnlessCancelled(_ repo: RepoRecord) throws {
    try Task.checkCancellation()
    try judge(repo)
  }

  /// The name under which is kept for what the stored verdicts hold.
  private static let mark = "fit.judgedFor"

  /// Brings the stored verdicts up to date: all of them for another device, request or arithmetic than the last time,
  /// else only those that are missing.
  ///
  /// - Throws: `CatalogError`, `CancellationError`.
  func bringUpToDate() throws {
    let purpose =
      "arithmetic 2, \(device.name), \(device.total.bytes), \(request.context), \(request.kvType), \(request.batch), \(request.flashAttention)"
    if try catalog.mark(Self.mark) == purpose {
      for repo in try catalog.reposWithoutFit() { try judgeUnlessCancelled(repo) }
    } else {
      for repo in try catalog.repos(in: [.sized]) { try judgeUnlessCancelled(repo) }
      try catalog.setMark(Self.mark, purpose)
    }
  }
}
