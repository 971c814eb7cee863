"""Drives the practice hub with the real huggingface_hub client and compares what it gets with the folder.

Usage: hub_client.py ROOT COMMAND; HF_ENDPOINT, HF_HOME and, for some commands, HF_TOKEN come from the environment.
Prints "ok COMMAND" at the end; any difference is an exception.
"""

import hashlib
import sys
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

root = Path(sys.argv[1])
api = HfApi()


def raises(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} expected from {call.__name__}{args}")


def content(repo, path):
    return (root / repo / path).read_bytes()


def files_of(repo):
    return {
        str(path.relative_to(root / repo)): path.read_bytes()
        for path in (root / repo).rglob("*")
        if path.is_file() and path.name != ".hub.json"
    }


def git_oid(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def listing():
    ids = [model.id for model in api.list_models(sort="created_at", limit=100)]
    assert ids[:3] == ["many/m24", "many/m23", "many/m22"], ids
    assert len(ids) == len(set(ids)) == 29, ids
    # `limit` is the size of a page and of the whole; a page of 1,000 holds everything, so pages are forced below.
    assert [m.id for m in api.list_models(filter=["gguf", "tiny"], author="org")] == ["org/llama"]
    assert [m.id for m in api.list_models(search="LLAMA", sort="downloads")] == ["org/llama", "org/llama-base"]
    assert [m.id for m in api.list_models(sort="likes", limit=1)] == ["org/llama"]
    assert [m.id for m in api.list_models(gated=True)] == ["org/gated"]
    full = next(iter(api.list_models(search="org/llama-base", full=True, fetch_config=True, cardData=True)))
    assert full.config["model_type"] == "llama" and full.card_data.license == "llama3.1"
    assert {s.rfilename for s in full.siblings} == set(files_of("org/llama-base"))
    narrow = next(iter(api.list_models(search="org/llama", sort="downloads", expand=["sha", "gguf", "createdAt", "gated"])))
    assert narrow.sha == api.model_info("org/llama").sha and len(narrow.sha) == 40
    assert narrow.gguf["architecture"] == "llama" and narrow.gated is False and narrow.tags is None
    assert narrow.created_at.isoformat() == "2023-11-14T22:13:20+00:00"


def paging():
    from huggingface_hub.utils import get_session
    from huggingface_hub.utils._pagination import paginate

    seen = [item["id"] for item in paginate(f"{api.endpoint}/api/models", {"limit": 4, "sort": "createdAt"}, {})]
    assert len(seen) == len(set(seen)) == 29, seen
    first = get_session().get(f"{api.endpoint}/api/models?limit=4")
    assert len(first.json()) == 4 and first.links["next"]["url"].startswith(api.endpoint)


def info():
    model = api.model_info("org/llama", files_metadata=True)
    assert model.id == "org/llama" and model.author == "org" and "gguf" in model.tags, model
    for sibling in model.siblings:
        data = content("org/llama", sibling.rfilename)
        assert sibling.size == len(data)
        if sibling.lfs:
            assert sibling.lfs.sha256 == hashlib.sha256(data).hexdigest() and sibling.lfs.size == len(data)
        else:
            assert sibling.blob_id == git_oid(data), sibling
    assert {s.rfilename for s in model.siblings if s.lfs} == {"llama-Q4_K_M.gguf", "sub/part.safetensors"}
    expanded = api.model_info("org/llama", expand=["gguf", "usedStorage", "baseModels"])
    assert expanded.gguf["total"] == 1234 and expanded.used_storage == sum(map(len, files_of("org/llama").values()))
    assert expanded.base_models is not None and expanded.sha is None
    assert api.model_info("org/llama", revision=model.sha).sha == model.sha
    assert api.repo_info("org/gated").gated == "manual"
    assert api.repo_exists("org/llama")
    assert api.file_exists("org/llama", "config.json") and not api.file_exists("org/llama", "none.json")
    assert api.model_info("old/name").id == "org/llama"
    raises(HfHubHTTPError, api.model_info, "org/llama", expand=["nonsense"])


def tree():
    entries = {entry.path: entry for entry in api.list_repo_tree("org/llama", recursive=True, expand=True)}
    files = files_of("org/llama")
    assert set(entries) == set(files) | {"sub"}, entries
    for path, data in files.items():
        entry = entries[path]
        assert entry.size == len(data) and entry.last_commit is not None and entry.security is not None
        assert (entry.lfs.sha256 == hashlib.sha256(data).hexdigest()) if entry.lfs else entry.blob_id == git_oid(data)
    assert [entry.path for entry in api.list_repo_tree("org/llama", "sub")] == ["sub/part.safetensors"]
    assert sorted(api.list_repo_files("org/llama")) == sorted(files)
    infos = api.get_paths_info("org/llama", ["config.json", "sub", "none"], expand=True)
    assert [i.path for i in infos] == ["config.json", "sub"], infos
    refs = api.list_repo_refs("org/llama", include_pull_requests=True)
    assert [(b.name, b.target_commit) for b in refs.branches] == [("main", api.model_info("org/llama").sha)]
    commits = api.list_repo_commits("org/llama")
    assert [c.commit_id for c in commits] == [refs.branches[0].target_commit]
    raises(EntryNotFoundError, lambda: list(api.list_repo_tree("org/llama", "none")))


def download():
    small = Path(hf_hub_download("org/llama", "config.json"))
    assert small.read_bytes() == content("org/llama", "config.json")
    # The server cuts this body once: the client must go on with a range.
    large = Path(hf_hub_download("org/llama", "llama-Q4_K_M.gguf"))
    data = content("org/llama", "llama-Q4_K_M.gguf")
    assert large.read_bytes() == data
    assert large.resolve().name == hashlib.sha256(data).hexdigest()
    assert small.resolve().name == git_oid(small.read_bytes())
    assert large.parent.name == api.model_info("org/llama").sha
    assert hf_hub_download("old/name", "config.json", force_download=True)


def snapshot():
    folder = Path(snapshot_download("org/llama"))
    got = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert got == files_of("org/llama"), sorted(got)
    assert snapshot_download("org/llama") == str(folder)
    # The client hashes every file and compares it with what the server announces.
    verified = api.verify_repo_checksums("org/llama")
    assert verified.checked_count == len(got) and not verified.mismatches and not verified.missing_paths, verified


def errors():
    # The client reads an anonymous 401 as "not found" for https addresses only; with a token it is a 404, see account().
    assert raises(HfHubHTTPError, api.model_info, "org/none").response.status_code == 401
    raises(RevisionNotFoundError, api.model_info, "org/llama", revision="none")
    raises(RevisionNotFoundError, api.model_info, "org/llama", revision="refs/pr/1")
    raises(RevisionNotFoundError, hf_hub_download, "org/llama", "config.json", revision="none")
    raises(EntryNotFoundError, hf_hub_download, "org/llama", "none.json")
    raises(GatedRepoError, hf_hub_download, "org/gated", "gated.gguf")
    assert hf_hub_download("org/gated", "README.md")
    raises(HfHubHTTPError, api.whoami, token="hf_wrong")


def account():
    assert api.whoami()["name"] == "me"
    assert Path(hf_hub_download("org/gated", "gated.gguf")).read_bytes() == content("org/gated", "gated.gguf")
    api.auth_check("org/gated")
    raises(RepositoryNotFoundError, api.model_info, "org/none")
    raises(RepositoryNotFoundError, hf_hub_download, "org/none", "config.json")
    assert not api.repo_exists("org/none")


globals()[sys.argv[2]]()
print("ok", sys.argv[2])
