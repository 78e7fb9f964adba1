"""The demonstration that comes with the program is the simulated one, whole and light."""

from data.__main__ import build
from data.lake import Lake


def observed(lake, campaign_id):
    """All readings in an order of their own."""
    return lake.observations(campaign_id).to_native().order("post_id, observed_at").to_arrow_table()


def test_the_demonstration_is_what_its_seed_gives(tmp_path):
    shipped, made = Lake.demo(), Lake(tmp_path)
    build(made)
    assert shipped.campaigns() == made.campaigns()
    for campaign in made.campaigns():
        name = campaign.campaign_id
        assert shipped.fingerprint(name) == made.fingerprint(name)
        assert observed(shipped, name).equals(observed(made, name))


def test_the_demonstration_says_that_it_is_one_and_opens_on_the_campaign_it_is_about():
    campaigns = Lake.demo().campaigns()
    assert campaigns[0].title == "Des bancs pour toutes"
    assert len(campaigns) == 3
    assert all(campaign.is_demo for campaign in campaigns)


def test_the_demonstration_is_under_seven_megabytes():
    files = [file for file in Lake.demo().root.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 7e6
    assert not [file for file in files if file.suffix in {".key", ".lock"}]


def test_reading_the_demonstration_writes_nothing():
    def state():
        return {file: file.stat().st_mtime_ns for file in Lake.demo().root.rglob("*")}

    before = state()
    lake = Lake.demo()
    lake.posts("demo-bancs").collect()
    lake.observations("demo-bancs").collect()
    lake.collections("demo-bancs")
    lake.fingerprint("demo-radio")
    assert state() == before
